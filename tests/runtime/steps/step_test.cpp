#include "rig.hpp"

#include "runtime/steps/step_text.hpp"

#include <array>
#include <cstdio>
#include <fstream>
#include <tuple>

#include <sys/stat.h>

namespace baton::test {

using namespace std::chrono_literals;

INSTANTIATE_TEST_SUITE_P(shell, on_each_shell, testing::ValuesIn(shells()),
                         [](const auto& each) { return each.param; });

TEST_P(on_each_shell, a_short_step_is_done_in_one_round_trip) {
  conversation host_shell{host};
  ASSERT_TRUE(host_shell.facts()) << describe(host_shell.facts().error());
  EXPECT_EQ(host_shell.facts()->shell, GetParam());
  EXPECT_EQ(host_shell.facts()->state_dir, host.state());
  const auto lease = host_shell.acquire("r1");
  ASSERT_TRUE(lease) << describe(lease.error());
  auto what = effect("r1/deploy/rig/1/0", "echo hello; exit 7\n", lease->fence);
  what.wait = 10s;
  const auto report = host_shell.start(what);
  ASSERT_TRUE(report) << describe(report.error());
  EXPECT_TRUE(report->started);
  EXPECT_EQ(report->state, step_state::done);
  EXPECT_EQ(report->status, 7);
  EXPECT_EQ(report->signal, "");
  EXPECT_EQ(report->log, "hello\n");
  EXPECT_TRUE(report->gone());
}

TEST_P(on_each_shell, a_known_step_is_not_started_again) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  const auto ran = host.folder() / "ran";
  auto what = effect("r1/p/rig/1/0", "echo ran >>" + ran.string() + "; sleep 0.3; exit 3", fence);
  what.wait = 0ms;
  // In one burst: the later ones meet a step that is just beginning.
  std::vector<step_report> answers;
  std::string burst;
  for (int i = 0; i < 5; ++i)
    burst += host_shell.shell().start(what, [&](const expected<step_report>& got) {
      ASSERT_TRUE(got) << describe(got.error());
      answers.push_back(*got);
    });
  host_shell.send(burst);
  ASSERT_TRUE(host_shell.until([&] { return answers.size() == 5; }));
  EXPECT_TRUE(answers[0].started);
  for (std::size_t i = 1; i < 5; ++i)
    EXPECT_FALSE(answers[i].started);
  EXPECT_EQ(host_shell.finish(what.id).status, 3);
  const auto again = host_shell.start(what);
  ASSERT_TRUE(again);
  EXPECT_FALSE(again->started);
  EXPECT_EQ(again->state, step_state::done);
  EXPECT_EQ(again->status, 3);
  EXPECT_EQ(std::filesystem::file_size(ran), 4u);
}

TEST_P(on_each_shell, fifty_steps_with_scripts_go_in_one_burst) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  std::string burst;
  int started = 0;
  const std::string filler(2000, '#');
  for (int i = 0; i < 50; ++i) {
    auto what =
        effect("r1/p/rig/1/" + std::to_string(i),
               filler + "\necho " + std::to_string(i) + "; exit " + std::to_string(i), fence);
    what.wait = 0ms;
    burst += host_shell.shell().start(what, [&](const expected<step_report>& got) {
      ASSERT_TRUE(got) << describe(got.error());
      started += got->started ? 1 : 0;
    });
  }
  host_shell.send(burst);
  ASSERT_TRUE(host_shell.until([&] { return started == 50; }, 60s));
  for (int i = 0; i < 50; ++i) {
    const auto report = host_shell.finish("r1/p/rig/1/" + std::to_string(i), 60s);
    EXPECT_EQ(report.state, step_state::done);
    EXPECT_EQ(report.status, i);
    EXPECT_EQ(report.log, std::to_string(i) + "\n");
  }
  const auto known = host_shell.list("r1");
  ASSERT_TRUE(known);
  EXPECT_EQ(known->size(), 50u);
}

TEST_P(on_each_shell, the_end_of_a_longer_step_is_told_unasked) {
  conversation host_shell{host};
  auto what = look("r1/p/rig/1/0", "sleep 0.3; echo over");
  what.wait = 0ms;
  const auto report = host_shell.start(what);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->state, step_state::running);
  ASSERT_TRUE(host_shell.until([&] { return !host_shell.hints.empty(); }));
  EXPECT_EQ(host_shell.hints, std::vector<std::string>{what.id});
  const auto over = host_shell.poll(what.id);
  ASSERT_TRUE(over);
  EXPECT_EQ(over->state, step_state::done);
  EXPECT_EQ(over->log, "over\n");
}

TEST_P(on_each_shell, death_by_a_signal_is_named) {
  conversation host_shell{host};
  for (const auto& [script, status, name] : {std::tuple{"kill -KILL $$", 137, "KILL"},
                                             {"kill -TERM $$", 143, "TERM"},
                                             {"kill -SEGV $$", 139, "SEGV"},
                                             {"exit 255", 255, ""},
                                             {"exit 8", 8, ""}}) {
    const std::string id = "r1/p/rig/1/" + std::to_string(status);
    auto what = look(id, script);
    what.wait = 10s;
    const auto report = host_shell.start(what);
    ASSERT_TRUE(report);
    EXPECT_EQ(report->status, status) << script;
    EXPECT_EQ(report->signal, name) << script;
    EXPECT_FALSE(report->deadline_hit);
    EXPECT_FALSE(report->kill_asked);
  }
}

TEST_P(on_each_shell, a_script_finds_its_surroundings) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r1")->fence;
  auto what =
      effect("r1/p/it's $HOME/1/0",
             "echo \"$BATON_STEP\"; echo \"$BATON_DIR\"; [ -d \"${BATON_FACTS%/*}\" ] && echo yes\n"
             "pwd; umask; read -r line || echo empty; echo \"${LC_ALL-unset}\"\n"
             "kill -PIPE $$; echo deaf",
             fence);
  what.wait = 10s;
  const auto report = host_shell.start(what);
  ASSERT_TRUE(report);
  const auto state = host.state().string();
  const auto home = host.home().string();
  const mode_t mask = ::umask(022);
  ::umask(mask);
  std::array<char, 8> mask_text{};
  std::snprintf(mask_text.data(), mask_text.size(), "%04o", mask);
  EXPECT_EQ(report->log, "r1/p/it's $HOME/1/0\n" + state + "\nyes\n" + home + "\n"
                             + mask_text.data() + "\nempty\nunset\n");
  EXPECT_EQ(report->signal, "PIPE");
}

TEST_P(on_each_shell, facts_come_back_as_they_were_told) {
  conversation host_shell{host};
  auto what =
      look("r1/p/rig/1/0", "fact one 1\nfact text 'a=b\\c\n\nd\\n'\nfact one 2\nfact empty ''");
  what.wait = 10s;
  ASSERT_EQ(host_shell.start(what)->status, 0);
  const auto text = host_shell.read_facts(what.id);
  ASSERT_TRUE(text);
  EXPECT_FALSE(text->cut);
  const auto facts = decode_facts(text->text);
  EXPECT_EQ(facts.get("text"), "a=b\\c\n\nd\\n");
  EXPECT_EQ(facts.all("one"), (std::vector<std::string>{"1", "2"}));
  EXPECT_EQ(facts.get("empty"), "");
  EXPECT_EQ(facts.get("none"), std::nullopt);
}

TEST_P(on_each_shell, facts_are_told_when_the_step_is_over) {
  conversation host_shell{host};
  const auto told = host.home() / "told";
  const auto go_on = host.home() / "go-on";
  auto what =
      look("r1/p/rig/1/0", "fact early yes; >told; while [ ! -e go-on ]; do sleep 0.02; done");
  what.wait = 0ms;
  ASSERT_EQ(host_shell.start(what)->state, step_state::running);
  ASSERT_TRUE(host_shell.until([&] { return std::filesystem::exists(told); }));
  EXPECT_EQ(host_shell.read_facts(what.id)->text, "");
  std::ofstream{go_on};
  EXPECT_EQ(host_shell.finish(what.id).status, 0);
  EXPECT_EQ(host_shell.read_facts(what.id)->text, "early=yes\n");
}

TEST_P(on_each_shell, facts_are_capped_when_read) {
  conversation host_shell{host};
  auto what = look("r1/p/rig/1/0", "yes key=value | head -c 3000000 >>\"$BATON_FACTS\"");
  what.wait = 20s;
  ASSERT_EQ(host_shell.start(what)->status, 0);
  const auto text = host_shell.read_facts(what.id);
  ASSERT_TRUE(text);
  EXPECT_TRUE(text->cut);
  EXPECT_EQ(text->text.size(), 1024u * 1024u);
  EXPECT_EQ(host_shell.poll(what.id)->status, 0);
  EXPECT_EQ(host_shell.read_facts("r1/p/rig/1/1")->text, "");
}

TEST_P(on_each_shell, a_look_needs_no_lease_and_can_be_forgotten) {
  conversation host_shell{host};
  auto what = look("r1/p/rig/1/0", "echo seen");
  what.wait = 10s;
  EXPECT_EQ(host_shell.start(what)->log, "seen\n");
  EXPECT_EQ(host_shell.list("r1")->size(), 1u);
  ASSERT_TRUE(host_shell.forget(what.id));
  EXPECT_EQ(host_shell.poll(what.id)->state, step_state::absent);
  EXPECT_TRUE(host_shell.list("r1")->empty());
  EXPECT_TRUE(std::filesystem::is_empty(host.state() / "looks"));
}

TEST_P(on_each_shell, a_running_step_is_not_forgotten) {
  conversation host_shell{host};
  auto what = look("r1/p/rig/1/0", "echo begun; sleep 30");
  what.wait = 0ms;
  ASSERT_TRUE(host_shell.start(what));
  const auto refused = host_shell.forget(what.id);
  ASSERT_FALSE(refused);
  EXPECT_EQ(refused.error().code, ec::step_failed);
  EXPECT_EQ(refused.error().step, what.id);
  ASSERT_TRUE(host_shell.until([&] { return !host_shell.poll(what.id)->log.empty(); }));
  ASSERT_TRUE(host_shell.kill_step(what.id));
  EXPECT_EQ(host_shell.finish(what.id).signal, "TERM");
  EXPECT_TRUE(host_shell.forget(what.id));
}

TEST_P(on_each_shell, a_new_shell_reads_on_where_the_old_one_was_killed) {
  auto what = look("r1/p/rig/1/0", "echo one; until [ -e " + (host.folder() / "go").string()
                                       + " ]; do sleep 0.05; done; echo two; exit 5");
  std::uint64_t from = 0;
  {
    conversation first{host};
    ASSERT_TRUE(first.start(what));
    ASSERT_TRUE(first.until([&] {
      const auto got = first.poll(what.id);
      from = got ? got->log_end() : 0;
      return from == 4;
    }));
    first.kill();
  }
  conversation second{host};
  EXPECT_EQ(second.poll(what.id, from)->state, step_state::running);
  std::ofstream{host.folder() / "go"};
  ASSERT_TRUE(second.until([&] { return second.poll(what.id, from)->state == step_state::done; }));
  const auto report = second.poll(what.id, from);
  EXPECT_EQ(report->log, "two\n");
  EXPECT_EQ(report->status, 5);
  EXPECT_EQ(second.start(what)->started, false);
}

TEST_P(on_each_shell, a_daemon_that_keeps_the_output_does_not_delay_the_end) {
  conversation host_shell{host};
  auto what = look("r1/p/rig/1/0", "echo begun; setsid sleep 300 & exit 4");
  what.wait = 10s;
  const auto began = clock::now();
  const auto report = host_shell.start(what);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->state, step_state::done);
  EXPECT_EQ(report->status, 4);
  EXPECT_EQ(report->log, "begun\n");
  EXPECT_LT(clock::now() - began, 4s);
}

TEST_P(on_each_shell, old_runs_are_pruned_but_not_what_runs_or_owns) {
  conversation host_shell{host};
  const auto fence = host_shell.acquire("r0")->fence;
  for (const std::string run : {"r0", "r1", "r2", "r3"}) {
    auto what = effect(run + "/p/rig/1/0", run == "r1" ? "sleep 60" : "true", fence);
    what.wait = run == "r1" ? 0ms : 10000ms;
    ASSERT_TRUE(host_shell.start(what));
    // Folders' times, whole seconds for some tools, tell which run is newer.
    std::filesystem::last_write_time(host.state() / "effects" / run,
                                     std::filesystem::file_time_type::clock::now() - 1h
                                         + std::chrono::minutes{run.back()});
  }
  const auto gone = host_shell.prune(1);
  ASSERT_TRUE(gone) << describe(gone.error());
  EXPECT_EQ(*gone, 1u);
  EXPECT_EQ(host_shell.poll("r0/p/rig/1/0")->state, step_state::done);
  EXPECT_EQ(host_shell.poll("r1/p/rig/1/0")->state, step_state::running);
  EXPECT_EQ(host_shell.poll("r2/p/rig/1/0")->state, step_state::absent);
  EXPECT_EQ(host_shell.poll("r3/p/rig/1/0")->state, step_state::done);
}

TEST_P(on_each_shell, ids_of_any_characters_name_steps) {
  conversation host_shell{host};
  for (const std::string id : {"run", "r 1/a*b/../$(reboot)/`x`/1", "ünï/\n/'\"/;/|", ".x/.y/.z"}) {
    auto what = look(id, "printf %s \"$BATON_STEP\"");
    what.wait = 10s;
    const auto report = host_shell.start(what);
    ASSERT_TRUE(report) << describe(report.error());
    EXPECT_EQ(report->log, id);
    EXPECT_EQ(host_shell.poll(id)->state, step_state::done);
    const auto known = host_shell.list(id.substr(0, id.find('/')));
    ASSERT_TRUE(known);
    ASSERT_EQ(known->size(), 1u);
    EXPECT_EQ(known->front().id, id);
    EXPECT_EQ(known->front().kind, step_mode::look);
    EXPECT_EQ(known->front().status, 0);
  }
}

TEST_P(on_each_shell, senseless_requests_fail_here) {
  conversation host_shell{host};
  for (const auto& id : std::vector<std::string>{"", "/x", "x/", "a//b", std::string(300, 'x')}) {
    const auto report = host_shell.start(look(id, "true"));
    ASSERT_FALSE(report) << id;
    EXPECT_EQ(report.error().code, ec::internal);
  }
  EXPECT_FALSE(host_shell.start(look("r/1", std::string(5 * 1024 * 1024, '#'))));
  EXPECT_TRUE(host_shell.poll("r/1"));
}

TEST_P(on_each_shell, a_script_of_a_megabyte_with_any_bytes_arrives_whole) {
  conversation host_shell{host};
  std::string data(1000 * 1000, '\0');
  for (std::size_t i = 0; i < data.size(); ++i)
    data[i] = static_cast<char>('!' + i % 90 + (i % 7 == 0 ? 120 : 0));
  for (auto& c : data)
    if (c == '\'' || c == '\n')
      c = ' ';
  auto what = look("r1/p/rig/1/0", "data='" + data + "'\nLC_ALL=C; echo ${#data}");
  what.wait = 20s;
  const auto report = host_shell.start(what);
  ASSERT_TRUE(report);
  EXPECT_EQ(report->log, "1000000\n");
}

} // namespace baton::test
