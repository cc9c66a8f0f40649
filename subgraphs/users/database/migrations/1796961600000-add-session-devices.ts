import type { QueryRunner } from 'typeorm'

/** Keeps with which browser and system each session was begun. */
export class AddSessionDevices1796961600000 {
  readonly name = 'AddSessionDevices1796961600000'

  async up(runner: QueryRunner): Promise<void> {
    await runner.query(`alter table sessions add column device text check (char_length(device) <= 100)`)
  }
}
