#include "runtime/journal/sealed_plan.hpp"

#include "journal_support.hpp"

#include "messages/json.hpp"
#include "runtime/log/redact_record.hpp"
#include "tests/support/temp_folder.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <fstream>
#include <iterator>
#include <sys/stat.h>

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

class a_sealed_plan : public testing::Test {
protected:
  a_sealed_plan() {
    whole = *std::get<event::run_requested>(requested("run-1").what).plan;
    stack app;
    app.name = "app";
    app.repository = "https://me:hunter2@h/r.git";
    app.vars = {{"DB_PASSWORD", "s3cr3t"}, {"ROLE", "web"}};
    stage one;
    one.name = "one";
    one.stacks = {app};
    whole.stages = whole.fleet.stages = {one};
  }

  /// As it comes back from the journal.
  plan journaled() {
    auto to = *journal::in_memory();
    record first;
    first.run = whole.run;
    first.what = event::run_requested{std::make_shared<const plan>(whole)};
    first = redact(redactor{}, std::move(first));
    EXPECT_TRUE(to.append({&first, 1}));
    return *std::get<event::run_requested>(to.read_run(whole.run)->front().what).plan;
  }

  std::filesystem::path file() const { return folder / "plans/run-1.json"; }

  temp_folder folder;
  plan whole;
};

TEST_F(a_sealed_plan, is_read_back_whole_although_the_journal_has_no_secret) {
  const auto said = journaled();
  EXPECT_THAT(dump(to_json(said)), Not(AnyOf(HasSubstr("hunter2"), HasSubstr("s3cr3t"))));
  EXPECT_THAT(dump(to_json(said)), HasSubstr("https://me:***@h/r.git"));
  ASSERT_TRUE(seal_plan(folder.path(), whole, said));
  const auto back = whole_plan(folder.path(), said);
  ASSERT_TRUE(back) << back.error().what;
  EXPECT_EQ(dump(to_json(*back)), dump(to_json(whole)));
}

TEST_F(a_sealed_plan, is_a_file_for_the_owner_alone_until_it_is_forgotten) {
  ::umask(0);
  ASSERT_TRUE(seal_plan(folder.path(), whole, journaled()));
  ::umask(022);
  struct stat there {};
  ASSERT_EQ(::stat(file().c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777U, 0600U);
  ASSERT_EQ(::stat((folder / "plans").c_str(), &there), 0);
  EXPECT_EQ(there.st_mode & 0777U, 0700U);
  forget_sealed_plan(folder.path(), whole.run);
  EXPECT_TRUE(std::filesystem::is_empty(folder / "plans"));
}

TEST_F(a_sealed_plan, is_none_when_the_journal_has_it_whole) {
  whole.stages.clear();
  whole.fleet.stages.clear();
  const auto said = journaled();
  ASSERT_TRUE(seal_plan(folder.path(), whole, said));
  EXPECT_FALSE(std::filesystem::exists(folder / "plans"));
  EXPECT_EQ(dump(to_json(*whole_plan(folder.path(), said))), dump(to_json(whole)));
}

TEST_F(a_sealed_plan, that_is_gone_or_another_runs_is_an_error) {
  const auto said = journaled();
  EXPECT_THAT(whole_plan(folder.path(), said).error().what, HasSubstr("is gone"));
  ASSERT_TRUE(seal_plan(folder.path(), whole, said));
  auto other = whole;
  other.units.pop_back();
  std::ofstream{file()} << dump(to_json(other));
  EXPECT_THAT(whole_plan(folder.path(), said).error().what, HasSubstr("damaged"));
  std::ofstream{file()} << "{";
  EXPECT_EQ(whole_plan(folder.path(), said).error().code, ec::journal_failed);
}

TEST_F(a_sealed_plan, on_a_disk_that_takes_nothing_is_told_of) {
  EXPECT_FALSE(seal_plan("/proc/baton", whole, journaled()));
}

TEST_F(a_sealed_plan, never_leaves_its_folder) {
  const auto said = journaled();
  whole.run = "../x";
  EXPECT_EQ(seal_plan(folder.path(), whole, said).error().code, ec::usage);
}

} // namespace
} // namespace baton
