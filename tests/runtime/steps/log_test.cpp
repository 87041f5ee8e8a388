#include "rig.hpp"

#include <fstream>

namespace baton::test {

using namespace std::chrono_literals;

class log_of_a_step : public on_each_shell {
protected:
  std::uintmax_t on_disk(const char* prefix = "l.") const {
    std::uintmax_t bytes = 0;
    for (const auto& entry : std::filesystem::recursive_directory_iterator{host.state()}) {
      std::error_code gone;
      const auto size = entry.is_regular_file(gone) ? entry.file_size(gone) : 0;
      if (!gone && entry.path().filename().string().starts_with(prefix))
        bytes += size;
    }
    return bytes;
  }
};

INSTANTIATE_TEST_SUITE_P(shell, log_of_a_step, testing::ValuesIn(shells()),
                         [](const auto& each) { return each.param; });

TEST_P(log_of_a_step, of_a_hundred_megabytes_is_bounded) {
  conversation host_shell{host};
  constexpr std::uint64_t cap = 4 * 1024 * 1024;
  auto what = look("r1/1", "echo first; head -c 100000000 /dev/zero; echo; echo last; exit 3");
  what.log_bytes_max = cap;
  ASSERT_TRUE(host_shell.start(what));
  std::string all;
  std::uint64_t from = 0;
  std::uint64_t gap = 0;
  step_report report;
  std::uintmax_t most_on_disk = 0;
  const auto deadline = clock::now() + 120s;
  for (;;) {
    report = *host_shell.poll(what.id, from, 256 * 1024);
    gap += report.log_offset - from;
    all += report.log;
    from = report.log_end();
    most_on_disk = std::max(most_on_disk, on_disk());
    ASSERT_LT(clock::now(), deadline);
    if (report.state == step_state::done && !report.log_more)
      break;
    if (all.size() > 4 * cap)
      host_shell.until([] { return false; }, 20ms); // a slow reader
  }
  EXPECT_EQ(report.status, 3);
  EXPECT_TRUE(report.log_cut);
  EXPECT_FALSE(report.log_full);
  EXPECT_EQ(all.substr(0, 6), "first\n");
  EXPECT_EQ(all.substr(all.size() - 5), "last\n");
  EXPECT_EQ(all.size() + gap, 100000000u + 12u) << "offsets are those of what was printed";
  EXPECT_LE(most_on_disk, cap + 64 * 1024);
  EXPECT_LE(on_disk(), cap);
  EXPECT_GE(on_disk(), cap / 3);
}

TEST_P(log_of_a_step, keeps_any_bytes) {
  conversation host_shell{host};
  auto what = look("r1/1", "printf 'a\\000b\\377\\376\\303(\\r\\n\\n\\nno newline'");
  what.wait = 10s;
  const auto report = host_shell.start(what);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->log, std::string("a\0b\377\376\303(\r\n\n\nno newline", 21));
}

TEST_P(log_of_a_step, arrives_line_by_line_in_order) {
  conversation host_shell{host};
  auto what = look("r1/1", "for i in 1 2 3 4 5 6 7 8 9; do echo $i; echo $i >&2\n"
                           "until [ -e \"$RIG/$i\" ]; do sleep 0.02; done; done");
  ASSERT_TRUE(host_shell.start(what));
  std::string all;
  for (int i = 1; i <= 9; ++i) {
    const auto line = std::to_string(i) + "\n" + std::to_string(i) + "\n";
    std::string got;
    ASSERT_TRUE(host_shell.until([&] {
      const auto report = host_shell.poll(what.id, all.size() + got.size());
      got += report->log;
      return got == line;
    })) << got;
    all += got;
    std::ofstream{host.folder() / std::to_string(i)};
  }
  EXPECT_EQ(host_shell.finish(what.id).status, 0);
}

TEST_P(log_of_a_step, of_small_lines_is_kept_up_to_the_cap) {
  conversation host_shell{host};
  auto what = look("r1/1", "i=0; while [ $i -lt 20000 ]; do echo $i; i=$((i + 1)); done");
  what.log_bytes_max = 1024 * 1024;
  ASSERT_TRUE(host_shell.start(what));
  std::string lines;
  for (int i = 0; i < 20000; ++i)
    lines += std::to_string(i) + "\n";
  const auto report = host_shell.finish(what.id, 60s);
  EXPECT_FALSE(report.log_cut);
  EXPECT_EQ(report.log, lines);
}

TEST_P(log_of_a_step, is_read_from_any_byte) {
  conversation host_shell{host};
  auto what = look("r1/1", "printf 0123456789");
  what.wait = 10s;
  what.log_max = 4;
  const auto first = host_shell.start(what);
  EXPECT_EQ(first->log, "0123");
  EXPECT_TRUE(first->log_more);
  const auto second = host_shell.poll(what.id, 7, 100);
  EXPECT_EQ(second->log, "789");
  EXPECT_EQ(second->log_end(), 10u);
  EXPECT_FALSE(second->log_more);
  EXPECT_EQ(host_shell.poll(what.id, 10, 100)->log, "");
  EXPECT_EQ(host_shell.poll(what.id, 4711, 100)->log, "");
  EXPECT_EQ(host_shell.poll(what.id, 0, 0)->log, "");
}

TEST_P(log_of_a_step, that_looks_like_the_protocol_is_but_a_log) {
  conversation host_shell{host};
  auto what = look(
      "r1/1", "printf '\\n0123456789abcdef0123456789abcdef 3 ok done 000 - 0 0 0 0 0\\nend 3\\n'");
  what.wait = 10s;
  const auto report = host_shell.start(what);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->log, "\n0123456789abcdef0123456789abcdef 3 ok done 000 - 0 0 0 0 0\nend 3\n");
}

} // namespace baton::test
