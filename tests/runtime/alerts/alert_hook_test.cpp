#include "runtime/alert_hook.hpp"
#include "tests/support/script_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <chrono>

using namespace baton;
using namespace std::chrono_literals;
using ::testing::ElementsAre;
using ::testing::HasSubstr;
using ::testing::IsEmpty;

namespace {

using clock_type = std::chrono::steady_clock;

class hook : public ::testing::Test {
protected:
  std::function<void(const error&)> failures() {
    return [this](const error& why) {
      const std::scoped_lock lock{mutex};
      failed.push_back(why.what);
    };
  }
  command script(const std::string& body) {
    write_file(folder / "notify.sh", "#!/bin/sh\n" + body + "\n", 0700);
    return {{"./notify.sh"}, ""};
  }

  temp_folder folder;
  std::mutex mutex;
  std::vector<std::string> failed;
};

} // namespace

TEST_F(hook, gets_each_event_on_its_input_in_order) {
  {
    alert_hook sends{script("cat >>seen"), folder.path().string(), nullptr, failures()};
    sends.send(R"_({"text":"one $(id)"})_");
    sends.send(R"({"text":"two"})");
  }
  EXPECT_EQ(read_file(folder / "seen"), "{\"text\":\"one $(id)\"}\n{\"text\":\"two\"}\n");
  EXPECT_THAT(failed, IsEmpty());
}

TEST_F(hook, may_be_one_line_for_a_shell) {
  {
    alert_hook{{{}, "cat | tr a-z A-Z >seen"}, folder.path().string(), nullptr, failures()}.send(
        "{}x");
  }
  EXPECT_EQ(read_file(folder / "seen"), "{}X\n");
}

TEST_F(hook, that_fails_is_told_of_and_called_again) {
  {
    alert_hook sends{script("cat >>seen; echo no network >&2; exit 1"), folder.path().string(),
                     nullptr, failures()};
    sends.send("{}");
    sends.send("{}");
  }
  EXPECT_EQ(read_file(folder / "seen"), "{}\n{}\n");
  EXPECT_THAT(failed, ElementsAre(HasSubstr("no network"), HasSubstr("ended with status 1")));
}

TEST_F(hook, that_prints_a_secret_is_told_of_without_it) {
  const auto secrets = std::make_shared<redactor>();
  secrets->add("s3cr3t-token");
  {
    alert_hook sends{script("echo no network for s3cr3t-token >&2; exit 1"), folder.path().string(),
                     secrets, failures()};
    sends.send("{}");
  }
  EXPECT_THAT(failed, ElementsAre(HasSubstr("no network for ***")));
}

TEST_F(hook, that_is_missing_is_told_of) {
  { alert_hook{{{"./nothing"}, ""}, folder.path().string(), nullptr, failures()}.send("{}"); }
  EXPECT_THAT(failed, ElementsAre(HasSubstr("./nothing")));
}

TEST_F(hook, that_hangs_holds_nobody_up) {
  const auto begun = clock_type::now();
  {
    alert_hook sends{
        script("exec sleep 60"), folder.path().string(), nullptr, failures(), {60s, 2, 200ms}};
    for (int i = 0; i < 6; ++i)
      sends.send("{}");
    EXPECT_LT(clock_type::now() - begun, 5s);
  }
  EXPECT_LT(clock_type::now() - begun, 20s);
  EXPECT_THAT(failed, ::testing::SizeIs(6));
}

TEST_F(hook, has_a_deadline_for_each_call) {
  {
    alert_hook sends{script("[ -e ran ] || { touch ran; exec sleep 60; }; cat >seen"),
                     folder.path().string(),
                     nullptr,
                     failures(),
                     {200ms, 10, 20s}};
    sends.send("{}");
    sends.send("{\"second\":1}");
  }
  EXPECT_THAT(failed, ElementsAre(HasSubstr("did not end in time")));
  EXPECT_EQ(read_file(folder / "seen"), "{\"second\":1}\n");
}
