#include "tests/runtime/ssh/ssh_test.hpp"

namespace baton {

using command_test = session_test;

TEST_F(command_test, a_shell_is_written_to_and_read_from) {
  connect();
  const auto shell = link->run("exec /bin/sh", 20s);
  link->write(shell, "echo hello; exit 7\n");
  const auto end = log.end(*link, shell);
  EXPECT_EQ(7, end.status.value_or(-1));
  EXPECT_EQ("hello\n", log.out(shell));
}

} // namespace baton
