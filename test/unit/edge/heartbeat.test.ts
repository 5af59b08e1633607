import { Heartbeat } from '../../../src/edge/graphql/sockets/heartbeat';
import type { Socket } from '../../../src/edge/graphql/sockets/socket';

function fakeSocket(): { socket: Socket; seen: string[] } {
  const seen: string[] = [];
  const socket = {
    answered: true,
    ping(): void {
      this.answered = false;
      seen.push('ping');
    },
    terminate: () => seen.push('terminated'),
  };
  return { socket: socket as unknown as Socket, seen };
}

function beat(heartbeat: Heartbeat, times: number): void {
  for (let i = 0; i < times; i += 1) heartbeat.beat();
}

test('a socket is pinged once in 45 beats, and stays while it answers', () => {
  const heartbeat = new Heartbeat();
  const { socket, seen } = fakeSocket();
  heartbeat.add(socket);
  beat(heartbeat, 44);
  expect(seen).toEqual([]);
  beat(heartbeat, 1);
  expect(seen).toEqual(['ping']);
  socket.answered = true;
  beat(heartbeat, 45);
  expect(seen).toEqual(['ping', 'ping']);
});

test('a socket that did not answer is dropped at the next ping', () => {
  const heartbeat = new Heartbeat();
  const { socket, seen } = fakeSocket();
  heartbeat.add(socket);
  beat(heartbeat, 90);
  expect(seen).toEqual(['ping', 'terminated']);
});

test('a socket that was taken out is left alone', () => {
  const heartbeat = new Heartbeat();
  const { socket, seen } = fakeSocket();
  heartbeat.add(socket).delete(socket);
  beat(heartbeat, 90);
  expect(seen).toEqual([]);
});
