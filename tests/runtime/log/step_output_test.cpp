#include "runtime/log/step_output.hpp"

#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <sys/stat.h>

namespace baton {
namespace {

using testing::HasSubstr;

constexpr const char* step = "run-1/guard:vps/web1/app/1/gate";

class output_of_a_step : public testing::Test {
protected:
  step_output open(const std::string& id = step, std::size_t most = 1000) {
    return std::move(*step_output::open(folder_.path(), id, secrets_, most));
  }
  std::string kept(const std::string& id = step) { return *read_step_output(folder_.path(), id); }

  temp_folder folder_;
  std::shared_ptr<redactor> secrets_ = std::make_shared<redactor>();
};

TEST_F(output_of_a_step, is_read_back_as_it_came_from_any_byte) {
  {
    auto to = open();
    EXPECT_EQ(to.append("one\n"), "one\n");
    EXPECT_EQ(to.append("two \xff\n"), "two \xff\n");
    EXPECT_EQ(to.bytes_kept(), 10u);
    EXPECT_EQ(kept(), "one\ntwo \xff\n");
  }
  EXPECT_EQ(*read_step_output(folder_.path(), step, 4, 3), "two");
  EXPECT_EQ(*read_step_output(folder_.path(), step, 99), "");
}

TEST_F(output_of_a_step, is_read_back_from_its_end) {
  open().append("one\ntwo\n");
  EXPECT_EQ(*read_step_output_end(folder_.path(), step, 4), "two\n");
  EXPECT_EQ(*read_step_output_end(folder_.path(), step, 8), "one\ntwo\n");
  EXPECT_EQ(*read_step_output_end(folder_.path(), step, 99), "one\ntwo\n");
  EXPECT_EQ(read_step_output_end(folder_.path(), "run-1/vps/vps/1/none", 4).error().code,
            ec::usage);
}

TEST_F(output_of_a_step, is_a_file_of_its_own_for_the_owner_alone) {
  open().append("x");
  const auto file = folder_ / "output/run-1/guard:vps+web1+app+1+gate";
  struct stat there {};
  ASSERT_EQ(stat(file.c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777, 0600u);
}

TEST_F(output_of_a_step, holds_no_secret_also_when_it_comes_in_pieces) {
  secrets_->add("s3cr3t-token");
  std::string shown;
  {
    auto to = open();
    for (const char c : std::string{"begin s3cr3t-token, s3cr3t-tok"})
      shown += to.append({&c, 1});
    EXPECT_EQ(shown, "begin ***, ");
    shown += to.finish();
  }
  EXPECT_EQ(shown, "begin ***, s3cr3t-tok");
  EXPECT_EQ(kept(), shown);
}

TEST_F(output_of_a_step, that_is_too_long_keeps_its_beginning_and_its_end) {
  {
    auto to = open();
    for (int i = 0; i < 100'000; ++i)
      to.append("line " + std::to_string(i) + "\n");
    EXPECT_EQ(to.bytes_kept(), 1000u);
  }
  const auto all = kept();
  EXPECT_LT(all.size(), 70'000u);
  EXPECT_THAT(all, testing::StartsWith("line 0\n"));
  EXPECT_THAT(all, HasSubstr(" bytes left out]\n"));
  EXPECT_THAT(all, testing::EndsWith("line 99999\n"));
}

TEST_F(output_of_a_step, that_is_a_little_too_long_is_kept_whole) {
  open().append(std::string(1500, 'x'));
  EXPECT_EQ(kept(), std::string(1500, 'x'));
}

TEST_F(output_of_a_step, is_kept_once_also_when_a_later_process_hears_it_again) {
  open().append("first ");
  open().append("first second");
  EXPECT_EQ(kept(), "first second");
}

TEST_F(output_of_a_step, is_listed_with_its_id_in_the_order_of_writing) {
  const std::string odd = "run-1/späß/../web%1+x/1/prepare";
  open(odd).append("12345");
  open().append("1");
  open("run-2/a/b/1/c").append("1");
  const auto listed = *list_step_outputs(folder_.path(), "run-1");
  ASSERT_EQ(listed.size(), 2u);
  const auto& first = listed[0].step_id == odd ? listed[0] : listed[1];
  EXPECT_EQ(first.step_id, odd);
  EXPECT_EQ(first.bytes, 5u);
  EXPECT_LE(listed[0].written, listed[1].written);
  EXPECT_TRUE(list_step_outputs(folder_.path(), "run-9")->empty());
}

TEST_F(output_of_a_step, never_leaves_its_folder) {
  for (const auto* id : {"", "run", "run/", "/etc/passwd"})
    EXPECT_EQ(read_step_output(folder_.path(), id).error().code, ec::usage) << id;
  open("../../x/../../y").append("here");
  open("./..").append("and here");
  for (const auto& one : std::filesystem::directory_iterator{folder_.path()})
    EXPECT_EQ(one.path().filename(), "output");
  EXPECT_EQ(kept("../../x/../../y"), "here");
  EXPECT_EQ(kept("./.."), "and here");
  EXPECT_THAT(read_step_output(folder_.path(), "run/none").error().what, HasSubstr("no output of"));
}

TEST_F(output_of_a_step, goes_with_its_run_when_that_is_old) {
  for (const auto* run : {"2026-01", "2026-02", "2026-03"})
    open(std::string{run} + "/a/b").append("x");
  ASSERT_TRUE(prune_step_outputs(folder_.path(), 2));
  EXPECT_TRUE(list_step_outputs(folder_.path(), "2026-01")->empty());
  EXPECT_EQ(list_step_outputs(folder_.path(), "2026-02")->size(), 1u);
  EXPECT_TRUE(prune_step_outputs(folder_ / "none", 2));
}

TEST_F(output_of_a_step, on_a_disk_that_takes_nothing_fails_nobody) {
  auto to = step_output::open("/proc/baton", step, secrets_);
  ASSERT_FALSE(to);
  EXPECT_EQ(to.error().code, ec::journal_failed);
}

} // namespace
} // namespace baton
