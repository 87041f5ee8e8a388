#include "config_support.hpp"

#include "runtime/config/git_origin.hpp"
#include "runtime/config/paths.hpp"
#include "runtime/process.hpp"

#include <gmock/gmock.h>

#include <cstdlib>
#include <filesystem>

namespace baton {
namespace {

namespace fs = std::filesystem;
using testing::HasSubstr;

/// A folder of its own, the current one meanwhile, without BATON_CONFIG.
class a_folder : public testing::Test {
protected:
  a_folder() : before_{fs::current_path()} {
    std::string pattern = testing::TempDir() + "baton-config-XXXXXX";
    if (::mkdtemp(pattern.data()))
      folder_ = fs::canonical(pattern);
    if (const char* said = std::getenv("BATON_CONFIG"))
      said_ = said;
    ::unsetenv("BATON_CONFIG");
  }
  ~a_folder() override {
    std::error_code ignored;
    fs::current_path(before_, ignored);
    fs::remove_all(folder_, ignored);
    if (!said_.empty())
      ::setenv("BATON_CONFIG", said_.c_str(), 1);
  }
  void touch(const fs::path& name) const {
    fs::create_directories((folder_ / name).parent_path());
    std::ofstream{folder_ / name} << "fleet: x\n";
  }
  void enter(const fs::path& name) const {
    fs::create_directories(folder_ / name);
    fs::current_path(folder_ / name);
  }
  void git(std::vector<std::string> words) const {
    process_request request;
    request.argv = {"git", "-C", folder_.string()};
    request.argv.insert(request.argv.end(), words.begin(), words.end());
    const auto end = run_process(request);
    ASSERT_TRUE(end && end->ok()) << (end ? end->err : describe(end.error()));
  }

  fs::path folder_;

private:
  fs::path before_;
  std::string said_;
};

TEST_F(a_folder, the_option_comes_first_then_the_variable_then_the_current_folder) {
  touch("baton.yaml");
  touch("other.yaml");
  touch("third.yaml");
  enter(".");
  EXPECT_EQ(find_config("").value(), "baton.yaml");
  ::setenv("BATON_CONFIG", (folder_ / "other.yaml").c_str(), 1);
  EXPECT_EQ(find_config("").value(), folder_ / "other.yaml");
  EXPECT_EQ(find_config("third.yaml").value(), "third.yaml");
  ::unsetenv("BATON_CONFIG");
}

TEST_F(a_folder, in_a_work_tree_it_is_looked_for_upward_to_its_top) {
  touch("baton.yaml");
  fs::create_directory(folder_ / ".git");
  enter("deep/er");
  EXPECT_EQ(find_config("").value(), folder_ / "baton.yaml");
}

TEST_F(a_folder, beyond_the_top_nothing_is_found) {
  touch("baton.yaml");
  fs::create_directories(folder_ / "repo/.git");
  enter("repo/sub");
  const auto found = find_config("");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().what, HasSubstr("no baton.yaml in " + (folder_ / "repo/sub").string()));
  EXPECT_THAT(found.error().what, HasSubstr("up to " + (folder_ / "repo").string()));
  EXPECT_THAT(found.error().what, HasSubstr("baton init"));
}

TEST_F(a_folder, without_a_work_tree_only_the_folder_itself_counts) {
  touch("baton.yaml");
  enter("sub");
  EXPECT_FALSE(find_config(""));
}

TEST_F(a_folder, a_named_file_that_is_missing_is_not_replaced_by_another) {
  touch("baton.yaml");
  enter(".");
  const auto found = find_config("mine.yaml");
  ASSERT_FALSE(found);
  EXPECT_THAT(found.error().what, HasSubstr("mine.yaml: no such file"));
}

TEST_F(a_folder, the_repository_is_the_work_trees_origin) {
  touch("sub/baton.yaml");
  EXPECT_EQ(git_origin(folder_), std::nullopt);
  git({"init", "-q"});
  EXPECT_EQ(git_origin(folder_), std::nullopt);
  git({"remote", "add", "origin", "git@example.org:owner/homelab.git"});
  EXPECT_EQ(git_origin(folder_ / "sub"), "git@example.org:owner/homelab.git");
  EXPECT_EQ(git_origin(folder_ / "no such folder"), std::nullopt);

  std::ofstream{folder_ / "sub/baton.yaml"}
      << "fleet: a\nhosts: {a: {}}\nstack: {}\nstages: {a: {role: production}}\n";
  const auto loaded = load_fleet(folder_ / "sub/baton.yaml");
  ASSERT_TRUE(loaded) << to_string(loaded.error());
  EXPECT_EQ(loaded->stages[0].stacks[0].repository, "git@example.org:owner/homelab.git");
  EXPECT_EQ(loaded->file, folder_ / "sub/baton.yaml");
}

TEST(controller_paths, belong_to_the_folder_of_the_file) {
  EXPECT_EQ(controller_path("/srv/fleet", "a/b"), "/srv/fleet/a/b");
  EXPECT_EQ(controller_path("/srv/fleet", "./a/../b"), "/srv/fleet/b");
  EXPECT_EQ(controller_path("/srv/fleet", "/etc/x"), "/etc/x");
  EXPECT_EQ(controller_path("/srv/fleet", "~/x"), (home_folder() / "x").string());
  EXPECT_EQ(controller_path("/srv/fleet", "~bob/x"), std::nullopt);
}

} // namespace
} // namespace baton
