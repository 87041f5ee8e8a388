#include "cli/view/draw.hpp"
#include "cli/view/plain.hpp"
#include "rules/plan.hpp"
#include "runtime/config/load.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <poll.h>
#include <unistd.h>

namespace baton {

namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::Contains;
using testing::ElementsAre;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A run on `hosts` staging hosts and one public one, told as it goes on.
class live_view : public testing::Test {
protected:
  void begin(int hosts) {
    std::string text = "fleet: shop\nhosts:\n";
    std::string names;
    for (int n = 1; n <= hosts; ++n) {
      const auto name = "app-" + std::to_string(n);
      text += "  " + name + ": {address: 127.0.0.1}\n";
      names += (n > 1 ? ", " : "") + name;
    }
    text += "  edge: {address: 127.0.0.1}\n"
            "stack: {repository: r, path: ~/app, compose: {files: [compose.yaml]}}\n"
            "stages:\n  apps: {role: staging, hosts: ["
            + names
            + "]}\n"
              "  edge: {role: public, hosts: [edge]}\n";
    auto fleet = load_fleet_text(text, "baton.yaml");
    ASSERT_TRUE(fleet) << to_string(fleet.error());
    auto made = make_plan(*fleet, {}, {"run-1", "release-1"}, {}, "somebody");
    ASSERT_TRUE(made) << describe(made.error());
    of = std::make_shared<const plan>(std::move(*made));
    tell(event::run_requested{of});
  }

  void tell(event_t what) {
    record one;
    one.at = now;
    one.what = std::move(what);
    told.push_back(one);
    fold_record(view, one);
  }

  unit_id unit_of(const std::string& host) const {
    for (unit_id which = 0; which < of->units.size(); ++which)
      if (of->units[which].host == host && !of->units[which].stack.empty())
        return which;
    return 0;
  }

  event::step_started started(const std::string& phase, step_kind kind, const std::string& host,
                              int attempt = 1) const {
    return {phase, kind, unit_of(host), host, attempt, 60s};
  }

  void prepare_everywhere() {
    tell(event::phase_started{"pre_flight"});
    now += 1s;
    tell(event::phase_ended{"pre_flight", phase_outcome::ok});
    tell(event::phase_started{"apps"});
    for (const auto& host : of->stages[0].hosts)
      tell(started("apps", step_kind::prepare, host));
    now += 2500ms;
  }

  std::string output_of(const std::string& host, const std::string& text) {
    fold_output(view, step_id(*of, "apps", step_kind::prepare, unit_of(host), 1), text);
    for (const auto& line : lines(200, 100))
      if (line.find(' ' + host + ' ') != line.npos)
        return line;
    return {};
  }

  std::vector<std::string> lines(std::size_t width, std::size_t height,
                                 charset shows = charset::utf8) const {
    return draw(view, now, width, height, shows);
  }

  view_model view;
  std::shared_ptr<const plan> of;
  std::vector<record> told;
  time_point now{1'700'000'000s};
};

TEST_F(live_view, shows_phases_and_hosts_with_their_time) {
  begin(2);
  prepare_everywhere();
  fold_output(view, step_id(*of, "apps", step_kind::prepare, unit_of("app-1"), 1),
              "Pulling\r\nweb 42%\rweb 57%\r");
  EXPECT_THAT(lines(79, 24),
              ElementsAre("main to production  3.5s  run run-1", " ✔ pre_flight          1.0s",
                          StartsWith(" – secrets_sync"), StartsWith(" – snapshots"),
                          " ● apps                2.5s",
                          "     app-1          prepare 2.5s  web 57%",
                          "     app-2          prepare 2.5s", StartsWith(" – tests"),
                          StartsWith(" · edge"), StartsWith(" · verification")));
  EXPECT_THAT(lines(79, 24, charset::ascii), AllOf(Contains(" + pre_flight          1.0s"),
                                                   Contains(" * apps                2.5s")));
}

TEST_F(live_view, never_exceeds_the_terminal_whatever_its_size_and_whatever_is_printed) {
  begin(30);
  prepare_everywhere();
  for (const auto& host : of->stages[0].hosts)
    output_of(host, "日本語 🚀 \x1b[31m" + std::string(5000, 'x') + "é");
  for (std::size_t width = 1; width < 130; ++width)
    for (const std::size_t height : {1U, 2U, 3U, 4U, 7U, 12U, 24U, 50U})
      for (const auto shows : {charset::utf8, charset::ascii}) {
        const auto drawn = lines(width, height, shows);
        EXPECT_LE(drawn.size(), height);
        for (const auto& line : drawn)
          ASSERT_LE(columns_of(line), width) << line;
      }
}

TEST_F(live_view, of_too_many_hosts_shows_what_is_under_way_and_counts_the_rest) {
  begin(30);
  prepare_everywhere();
  const auto drawn = lines(79, 10);
  ASSERT_EQ(drawn.size(), 10U);
  EXPECT_THAT(drawn[0], StartsWith("main to production"));
  EXPECT_THAT(drawn[1], StartsWith(" ● apps"));
  EXPECT_THAT(drawn[2], StartsWith("     app-1 "));
  EXPECT_EQ(drawn[9], "   … 23 more under way, 6 more phases");
  const auto more = lines(79, 37);
  EXPECT_THAT(more, Contains(StartsWith("     app-30 ")));
  EXPECT_EQ(more[36], "   … 2 more phases");
  EXPECT_THAT(lines(79, 2), ElementsAre(StartsWith("main"), StartsWith(" ● apps")));
}

TEST_F(live_view, a_failed_phase_stays_in_sight) {
  begin(30);
  prepare_everywhere();
  for (const auto& host : of->stages[0].hosts) {
    event::step_ended ended{"apps", step_kind::prepare, unit_of(host), 1, {}};
    ended.outcome.why = error{};
    ended.outcome.why->what = "no such image";
    tell(ended);
  }
  tell(event::phase_ended{"apps", phase_outcome::failed});
  tell(event::rollback_started{"apps", scope::upstream, {}});
  for (const auto& host : of->stages[0].hosts)
    tell(started("rollback:apps", step_kind::restore, host));
  EXPECT_THAT(lines(79, 6),
              AllOf(Contains(AllOf(StartsWith(" ✘ apps"), HasSubstr("no such image"))),
                    Contains(" ● rolling back after apps"), Contains(HasSubstr("restore"))));
}

TEST_F(live_view, says_when_the_next_attempt_begins) {
  begin(1);
  tell(event::phase_started{"apps"});
  tell(event::retry_scheduled{"apps", unit_of("app-1"), 2, now + 20s});
  now += 5s;
  EXPECT_THAT(lines(79, 24), Contains("     app-1          tries again in 15s"));
  tell(started("apps", step_kind::prepare, "app-1", 2));
  EXPECT_THAT(lines(79, 24), AllOf(Not(Contains(HasSubstr("tries again"))),
                                   Contains("     app-1          prepare 0.0s (attempt 2)")));
}

TEST_F(live_view, shows_what_is_done_after_the_verdict_is_clear) {
  begin(1);
  tell(started("ending", step_kind::settle, "app-1"));
  EXPECT_THAT(lines(79, 24), AllOf(Contains(" ● ending"), Contains(HasSubstr("settle"))));
}

TEST_F(live_view, makes_lines_of_output_that_comes_in_pieces) {
  begin(1);
  prepare_everywhere();
  EXPECT_THAT(output_of("app-1", "Pulling \x1b[3"), testing::EndsWith("  Pulling "));
  EXPECT_THAT(output_of("app-1", "1mweb\x1b[0m\n"), testing::EndsWith("  Pulling web"));
  EXPECT_THAT(output_of("app-1", "\n \r\n"), testing::EndsWith("  Pulling web"));
  EXPECT_THAT(output_of("app-1", "done\xe2"), HasSubstr("  done"));
  EXPECT_THAT(output_of("app-1", "\x9c\x94\n"), testing::EndsWith("  done✔"));
}

/// What was written into a pipe, once it holds `text`; all of it when that never comes.
std::string read_until(int fd, const std::string& text) {
  std::string all;
  pollfd one{fd, POLLIN, 0};
  char buffer[4096];
  while (all.find(text) == all.npos && ::poll(&one, 1, 20'000) > 0)
    if (const auto n = ::read(fd, buffer, sizeof buffer); n > 0)
      all.append(buffer, static_cast<std::size_t>(n));
    else
      break;
  return all;
}

TEST_F(live_view, in_plain_lines_gives_a_sign_of_life) {
  begin(5);
  prepare_everywhere();
  tell(event::retry_scheduled{"apps", unit_of("app-1"), 2, now + 20s});
  int ends[2];
  ASSERT_EQ(::pipe(ends), 0);
  {
    plain_view plain{ends[1], 20ms};
    for (const auto& one : told)
      plain.on_record(one);
    const auto said = read_until(ends[0], " more\n");
    EXPECT_THAT(said, HasSubstr(" run run-1: main to production (times are UTC)\n"));
    EXPECT_THAT(said, HasSubstr(" apps: app-5: prepare\n"));
    EXPECT_THAT(said, HasSubstr(" apps: app-1: attempt 2 follows in 20s\n"));
    EXPECT_THAT(said, HasSubstr(" still at it: app-1 prepare for "));
    EXPECT_THAT(said, HasSubstr(" and 3 more\n")); // five steps and a wait, three of them named
  }
  ::close(ends[0]);
  ::close(ends[1]);
}

} // namespace

} // namespace baton
