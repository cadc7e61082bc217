/*
 * What `import { ... } from 'tsalt/plugins'` gives to modules of an operator's own: all that built-in ones are written with.
 */

export * as v from 'valibot';
export { defineBeacon } from './contracts/beacon.ts';
export { defineFunction, defineModule } from './contracts/execution.ts';
export { defineGrains } from './contracts/grains.ts';
export { defineReactor } from './contracts/reactor.ts';
export { defineCustomReturner as defineReturner } from './contracts/returner.ts';
export { defineRunner } from './contracts/runner.ts';
export { alreadyRight, defineState, impossible } from './contracts/state.ts';

export type { BeaconContext, BeaconEvent, CustomBeacon, Watching } from './contracts/beacon.ts';
export type { BusEvent } from './contracts/events.ts';
export type { ExecContext, ExecFunction, ExecModule } from './contracts/execution.ts';
export type { GatherGrains, GrainContext } from './contracts/grains.ts';
export type { Command, CommandResult, Machine, Reading, Step, StepResult } from './contracts/machine.ts';
export type { JobOutcome, PublishRequest, Reactor, ReactorContext, Skipped } from './contracts/reactor.ts';
export type { CustomReturner, OpenReturner, ReturnerContext } from './contracts/returner.ts';
export type { CustomRunner, RunnerContext } from './contracts/runner.ts';
export type { Changes, Outcome, Plan, StateFunction } from './contracts/state.ts';
export type { Json, JsonMap } from './json.ts';
