#include "runtime/steps/control_shell.hpp"
#include "runtime/steps/shell_frames.hpp"
#include "runtime/steps/step_name.hpp"
#include "runtime/steps/step_text.hpp"

#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

namespace baton::test {

RC_GTEST_PROP(step_text, any_value_comes_back, (const std::string& value)) {
  const auto facts = decode_facts(encode_fact("key", value) + encode_fact("other", "x"));
  RC_ASSERT(facts.get("key") == value);
  RC_ASSERT(facts.get("other") == std::string{"x"});
}

RC_GTEST_PROP(step_text, any_bytes_are_taken, (const std::string& text, bool cut)) {
  decode_facts(text, cut);
}

TEST(step_text, keeps_order_and_other_lines) {
  const auto facts = decode_facts("a=1\nnoise\n\nb=x\\ny\\\\z\\q\na=2=3\nlast=cu");
  ASSERT_EQ(facts.facts.size(), 4u);
  EXPECT_EQ(facts.facts[1].value, "x\ny\\zq");
  EXPECT_EQ(facts.all("a"), (std::vector<std::string>{"1", "2=3"}));
  EXPECT_EQ(facts.get("last"), "cu");
  EXPECT_EQ(facts.other, std::vector<std::string>{"noise"});
  EXPECT_EQ(decode_facts("a=1\nlast=cu", true).get("last"), std::nullopt);
}

RC_GTEST_PROP(step_name, any_id_comes_back_from_safe_words, (const std::string& id)) {
  const auto name = name_step(id);
  if (!name)
    return;
  for (const auto& word : {name->run, name->step}) {
    RC_ASSERT(!word.empty());
    RC_ASSERT(word.front() != '.');
    RC_ASSERT(
        word.find_first_not_of("abcdefghijklmnopqrstuvwxyzABCDEFGHIJKLMNOPQRSTUVWXYZ0123456789"
                               "._-%+")
        == std::string::npos);
  }
  RC_ASSERT(step_id(*name) == id);
}

const std::string marker = "0123456789abcdef0123456789abcdef";

RC_GTEST_PROP(shell_frames, come_out_however_they_are_cut,
              (const std::vector<std::string>& payloads)) {
  std::string wire = "noise " + marker + marker + " 0 READY\n";
  for (std::size_t i = 0; i < payloads.size(); ++i) {
    const auto half = payloads[i].size() / 2;
    wire += payloads[i].substr(0, half) + marker + " ! 77\n" + payloads[i].substr(half) + marker
            + " " + std::to_string(i) + " ok a b\n";
  }
  shell_frames frames{marker};
  frames.payload_max(1024 * 1024);
  std::size_t hints = 0;
  std::size_t count = 0;
  while (!wire.empty()) {
    const auto piece = *rc::gen::inRange<std::size_t>(1, wire.size() + 1);
    frames.feed(wire.substr(0, piece));
    wire.erase(0, piece);
    shell_frames::frame frame;
    while (frames.next(frame, [&](std::uint64_t id) { hints += id == 77 ? 1U : 0U; })) {
      RC_ASSERT(frame.id == count);
      RC_ASSERT(frame.payload == payloads[count]);
      RC_ASSERT(frame.words == (std::vector<std::string>{"ok", "a", "b"}));
      ++count;
    }
  }
  RC_ASSERT(count == payloads.size());
  RC_ASSERT(hints == payloads.size());
}

TEST(a_lying_peer, cannot_make_us_hold_more_than_we_asked_for) {
  control_shell shell{{"/x", marker, "rig"}};
  int failed = 0;
  shell.bootstrap([&](const expected<shell_facts>& got) {
    failed += !got && got.error().code == ec::connection_lost ? 1 : 0;
  });
  shell.feed(marker + " 0 READY\n");
  const std::string piece(32 * 1024, 'x');
  int pieces = 0;
  while (!shell.broken() && pieces < 1000) {
    shell.feed(piece);
    ++pieces;
  }
  EXPECT_LT(pieces, 10);
  EXPECT_EQ(failed, 1);
  EXPECT_EQ(shell.pending(), 0u);
}

TEST(a_lying_peer, that_answers_what_was_not_asked_is_left) {
  for (const std::string lie : {" 5 ok\n", " 0 ok\n", " 0\n", " x ok\n", " 0 ok held 1\n",
                                " -1 ok\n", " ! ! !\n", " \n", " 99999999999999999999999 ok\n"}) {
    control_shell shell{{"/x", marker, "rig"}};
    int failed = 0;
    shell.bootstrap([&](const expected<shell_facts>& got) { failed += got ? 0 : 1; });
    shell.feed(marker + " 0 READY\n" + marker + lie);
    EXPECT_TRUE(shell.broken()) << lie;
    EXPECT_EQ(failed, 1) << lie;
  }
}

TEST(a_lying_peer, that_garbles_a_report_is_left) {
  for (const std::string lie : {"done 7 - 0 0 0 0", "done x - 0 0 0 0 0", "done 999 - 0 0 0 0 0",
                                "sleeping 007 - 0 0 0 0 0", "done 007 - 0 0 -5 0 0", "", "done"}) {
    control_shell shell{{"/x", marker, "rig"}};
    shell.bootstrap([](const expected<shell_facts>&) {});
    shell.feed(marker + " 0 READY\nboot b\nhome /x\n" + marker + " 0 ok\n");
    ASSERT_FALSE(shell.broken());
    int failed = 0;
    shell.poll("r/1", 0, 10, [&](const expected<step_report>& got) { failed += got ? 0 : 1; });
    shell.feed(marker + " 2 ok " + lie + "\n");
    EXPECT_TRUE(shell.broken()) << lie;
    EXPECT_EQ(failed, 1) << lie;
  }
}

TEST(a_lost_connection, fails_everything_once_and_what_comes_later) {
  control_shell shell{{"/x", marker, "rig"}};
  shell.bootstrap([](const expected<shell_facts>&) {});
  shell.feed(marker + " 0 READY\nboot b\nhome /x\n" + marker + " 0 ok\n");
  int failed = 0;
  const auto count = [&](const expected<step_report>& got) {
    failed += !got && got.error().code == ec::unreachable && got.error().step == "r/1" ? 1 : 0;
  };
  EXPECT_FALSE(shell.poll("r/1", 0, 10, count).empty());
  EXPECT_FALSE(shell.poll("r/1", 0, 10, count).empty());
  error why;
  why.code = ec::unreachable;
  shell.lost(why);
  EXPECT_EQ(failed, 2);
  shell.lost(why);
  shell.feed("more");
  EXPECT_EQ(failed, 2);
  bool refused = false;
  EXPECT_TRUE(shell.start({}, [&](const expected<step_report>& got) { refused = !got; }).empty());
  EXPECT_TRUE(refused);
}

} // namespace baton::test
