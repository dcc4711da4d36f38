import assert from 'node:assert/strict';
import { test } from 'node:test';
import { type AdmissionFacts, admissionKey, checkProof, newNonce, proofOf } from './admission.ts';

const key = admissionKey('room', 'secret');
const facts: AdmissionFacts = {
  dialler: 'a'.repeat(64),
  acceptor: 'b'.repeat(64),
  diallerNonce: newNonce(),
  acceptorNonce: newNonce(),
};

test('the proof of each role is right for that role only', () => {
  assert.ok(checkProof(key, 'dialler', facts, proofOf(key, 'dialler', facts)));
  assert.ok(checkProof(key, 'acceptor', facts, proofOf(key, 'acceptor', facts)));
  assert.ok(!checkProof(key, 'acceptor', facts, proofOf(key, 'dialler', facts)));
});

test('a proof is bound to the room, the secret, both members and both nonces', () => {
  const mac = proofOf(key, 'dialler', facts);
  assert.ok(!checkProof(admissionKey('room2', 'secret'), 'dialler', facts, mac));
  assert.ok(!checkProof(admissionKey('room', 'secret2'), 'dialler', facts, mac));
  for (const change of [
    { dialler: 'c'.repeat(64) },
    { acceptor: 'c'.repeat(64) },
    { diallerNonce: newNonce() },
    { acceptorNonce: newNonce() },
  ]) {
    assert.ok(!checkProof(key, 'dialler', { ...facts, ...change }, mac));
  }
});

test('a proof of another length is wrong and no crash', () => {
  assert.ok(!checkProof(key, 'dialler', facts, new Uint8Array()));
  assert.ok(!checkProof(key, 'dialler', facts, new Uint8Array(33)));
});
