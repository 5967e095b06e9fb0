/**
 * Added to the environment of a process that a test starts, where only that process runs code of ours: it is measured as
 * the test itself is. Others are not, which lets them start in half the time.
 */
export const measured: Readonly<Record<string, string>> = {
  _TAPJS_PROCESSINFO_COVERAGE_: process.env['PLIMSOLL_TEST_COVERAGE'] ?? '0',
  NODE_DISABLE_COMPILE_CACHE: '1'
}
