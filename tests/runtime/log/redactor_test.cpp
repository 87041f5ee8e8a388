#include "runtime/log/redactor.hpp"

#include "messages/json.hpp"
#include "runtime/log/redact_record.hpp"
#include "runtime/log/secret_forms.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>
#include <sodium.h>

#include <array>
#include <chrono>
#include <random>
#include <thread>

namespace baton {
namespace {

using testing::HasSubstr;
using testing::Not;

std::string base64(std::string_view bytes, int variant = sodium_base64_VARIANT_ORIGINAL) {
  std::string made(sodium_base64_encoded_len(bytes.size(), variant), '\0');
  sodium_bin2base64(made.data(), made.size(), reinterpret_cast<const unsigned char*>(bytes.data()),
                    bytes.size(), variant);
  made.pop_back();
  return made;
}

/// Pushes the text cut at random places.
std::string in_pieces(const std::shared_ptr<const redactor>& by, std::string_view text,
                      std::mt19937_64& dice) {
  redacted_stream stream{by};
  std::string told;
  while (!text.empty()) {
    const auto length = std::min<std::size_t>(text.size(), dice() % 9);
    told += stream.push(text.substr(0, length));
    text.remove_prefix(length);
  }
  return told + stream.finish();
}

TEST(redactor, leaves_a_text_without_secrets_alone) {
  redactor by;
  EXPECT_EQ(by.redact("all is well\n"), "all is well\n");
  by.add("hunter2hunter2");
  EXPECT_EQ(by.redact("all is well\n"), "all is well\n");
  EXPECT_EQ(by.redact(""), "");
}

TEST(redactor, takes_out_every_occurrence_and_nothing_else) {
  redactor by;
  by.add("s3cr3t");
  EXPECT_EQ(by.redact("a s3cr3t b s3cr3ts3cr3t c s3cr3"), "a *** b ****** c s3cr3");
}

TEST(redactor, takes_out_overlapping_secrets_as_one) {
  redactor by;
  by.add("abcdef");
  by.add("defghi");
  by.add("bcde");
  by.add("xx-abcdef-yy");
  EXPECT_EQ(by.redact("1 abcdefghi 2"), "1 *** 2");
  EXPECT_EQ(by.redact("1 xx-abcdef-yy 2 xx-abcdef-y"), "1 *** 2 xx-***-y");
}

TEST(redactor, knows_no_secret_shorter_than_four_bytes) {
  redactor by;
  for (const auto* text : {"", "a", "abc", "  ab \n", "\n\n\n\n\n"})
    by.add(text);
  EXPECT_EQ(by.redact("abc a ab\n\n\n\n\n\n"), "abc a ab\n\n\n\n\n\n");
}

TEST(redactor, takes_out_what_tools_make_of_a_secret) {
  redactor by;
  const std::string secret = "p@ss \"wörd\"/'x'\\\n+1";
  by.add(secret);
  for (const auto& shown :
       {secret, json(secret).dump(), json(secret).dump(-1, ' ', true), base64(secret),
        base64(secret, sodium_base64_VARIANT_URLSAFE_NO_PADDING),
        std::string{"p%40ss%20%22w%C3%B6rd%22%2F%27x%27%5C%0A%2B1"},
        std::string{"p%40ss+%22w%c3%b6rd%22%2f%27x%27%5c%0a%2b1"},
        std::string{"'p@ss \"wörd\"/'\\''x'\\''\\\n+1'"}}) {
    const auto told = by.redact("<" + shown + ">");
    EXPECT_THAT(told, HasSubstr("***")) << shown;
    for (const auto* part : {"p@ss", "p%40ss", "wörd", "w\\u00f6rd"})
      EXPECT_THAT(told, Not(HasSubstr(part))) << shown;
  }
}

TEST(redactor, takes_out_what_more_tools_make_of_a_secret) {
  redactor by;
  const std::string secret = "s3nt<inel>&$'4\"";
  by.add(secret);
  for (const std::string shown : {"73336e743c696e656c3e2624273422",       // xxd -p
                                  "73336E743C696E656C3E2624273422",       //
                                  "s3nt\\u003cinel\\u003e\\u0026$'4\\\"", // docker inspect
                                  "s3nt&lt;inel&gt;&amp;$&#39;4&quot;",   // XML
                                  "s3nt&lt;inel&gt;&amp;$'4&quot;",       //
                                  "s3nt\\<inel\\>\\&\\$\\'4\\\"",         // printf %q
                                  "s3nt<inel>&\\$'4\\\"",                 // "…" of a shell
                                  "s3nt<inel>&$\\'4\"",                   // repr of Python
                                  "s3nt<inel>&$$'4\""})                   // docker compose config
    EXPECT_EQ(by.redact("<" + shown + ">"), "<***>") << shown;
}

TEST(redactor, takes_out_a_login_as_http_encodes_it) {
  redactor by;
  by.add("hunter2-hunter2");
  for (const std::string user : {"", "a", "me", "root"}) {
    const auto told = by.redact("Authorization: Basic " + base64(user + ":hunter2-hunter2"));
    EXPECT_THAT(told, HasSubstr("***"));
    EXPECT_LE(told.size(), 33u) << told;
  }
}

TEST(redactor, takes_out_what_is_broken_over_lines) {
  redactor by;
  const std::string secret = "correct horse battery staple";
  by.add(secret);
  const auto file = base64("A=1\nPASSWORD=" + secret + "\nB=" + std::string(40, 'x') + "\n");
  const auto rest = by.redact(file);
  for (const std::string newline : {"\n", "\r\n", "\n    "})
    for (std::size_t width = 5; width < 80; ++width) {
      std::string wrapped;
      for (std::size_t at = 0; at < file.size(); at += width)
        wrapped += file.substr(at, width) + newline;
      auto told = by.redact(wrapped);
      std::erase_if(told, [&](char c) { return newline.find(c) != newline.npos; });
      EXPECT_EQ(told, rest) << width;
    }
  EXPECT_EQ(by.redact("a correct horse\nbattery staple b"), "a correct horse\nbattery staple b")
      << "a blank is no line break";
}

TEST(redactor, takes_out_the_beginning_of_a_secret_where_a_text_was_cut) {
  redactor by;
  by.add("s3cr3t-token");
  EXPECT_EQ(by.redact_beginning("it says s3cr3t-to"), "it says ***");
  EXPECT_EQ(by.redact_beginning("it says s3cr3t-to…"), "it says ***…");
  EXPECT_EQ(by.redact_beginning("it says s3cr3t-to..."), "it says ***...");
  EXPECT_EQ(by.redact_beginning("s3cr3t-token says s3c"), "*** says s3c");
  EXPECT_EQ(by.redact_beginning(base64("user:s3cr3t-token").substr(0, 20)).substr(7), "***");
  EXPECT_EQ(by.redact_beginning(""), "");
}

TEST(redactor, takes_out_base64_wherever_the_secret_stands_in_what_was_encoded) {
  redactor by;
  const std::string secret = "correct horse battery staple";
  by.add(secret);
  for (std::size_t before = 0; before < 7; ++before)
    for (std::size_t after = 0; after < 4; ++after) {
      const auto whole = base64(std::string(before, 'u') + secret + std::string(after, ':'));
      const auto told = by.redact(whole);
      EXPECT_LE(told.size(), 20u) << whole;
      EXPECT_THAT(told, HasSubstr("***")) << whole;
    }
}

TEST(redactor, takes_out_a_wrapped_base64_and_each_line_of_a_key) {
  redactor by;
  std::string key = "-----BEGIN KEY-----\n";
  for (char line = 'a'; line < 'd'; ++line)
    key += std::string(20, line) + "0123456789" + std::string(34, line) + "\n";
  key += "-----END KEY-----\n";
  by.add(key);
  EXPECT_EQ(by.redact("line 2: " + std::string(20, 'b') + "0123456789" + std::string(34, 'b')),
            "line 2: ***");
  auto encoded = base64(key);
  for (std::size_t at = 76; at < encoded.size(); at += 77)
    encoded.insert(at, "\n");
  EXPECT_EQ(by.redact("-" + encoded + "-").find(encoded.substr(80, 40)), std::string::npos);
  EXPECT_EQ(by.redact("-----BEGIN KEY-----"), "-----BEGIN KEY-----");
}

TEST(redactor, knows_a_files_secret_without_its_last_newline) {
  redactor by;
  by.add("token-from-file\n");
  EXPECT_EQ(by.redact("x token-from-file y"), "x *** y");
}

RC_GTEST_PROP(redactor, no_secret_appears_however_it_is_written_or_cut, (std::uint64_t seed)) {
  std::mt19937_64 dice{seed};
  // Few letters, so that secrets overlap, repeat and begin alike.
  const auto text_of = [&dice](std::size_t length) {
    std::string made;
    while (made.size() < length)
      made += "abc\"/ \n%"[dice() % 8];
    return made;
  };
  auto by = std::make_shared<redactor>();
  std::vector<std::string> secrets;
  for (auto left = 1 + dice() % 5; left > 0; --left) {
    auto secret = "s" + text_of(4 + dice() % 12) + "e";
    by->add(secret);
    secrets.push_back(std::move(secret));
  }
  std::string text;
  for (auto left = dice() % 12; left > 0; --left) {
    const auto& secret = secrets[dice() % secrets.size()];
    switch (dice() % 6) {
    case 0:
      text += secret;
      break;
    case 1:
      text += base64(text_of(dice() % 4) + secret);
      break;
    case 2:
      text += json(secret).dump();
      break;
    case 3:
      text += secret.substr(0, dice() % secret.size());
      break;
    default:
      text += text_of(dice() % 10);
    }
  }
  const auto whole = by->redact(text);
  const auto pieces = in_pieces(by, text, dice);
  for (const auto& secret : secrets)
    for (const auto& form : forms_of(secret)) {
      RC_ASSERT(whole.find(form) == std::string::npos);
      RC_ASSERT(pieces.find(form) == std::string::npos);
    }
  // What is broken over a line has its beginning told when that came alone.
  if (text.find('\n') == std::string::npos)
    RC_ASSERT(pieces == whole);
}

RC_GTEST_PROP(redactor, finds_what_a_search_for_each_form_finds, (std::uint64_t seed)) {
  std::mt19937_64 dice{seed};
  const auto text_of = [&dice](std::size_t length) {
    std::string made;
    while (made.size() < length)
      made += "ab-"[dice() % 3];
    return made;
  };
  redactor by;
  std::vector<std::string> forms;
  for (auto left = 1 + dice() % 4; left > 0; --left) {
    const auto secret = text_of(4 + dice() % 6);
    by.add(secret);
    for (auto& form : forms_of(secret))
      forms.push_back(std::move(form));
  }
  const auto text = text_of(dice() % 200);
  std::vector<bool> hidden(text.size());
  for (const auto& form : forms)
    for (auto at = text.find(form); at != std::string::npos; at = text.find(form, at + 1))
      std::fill_n(hidden.begin() + static_cast<std::ptrdiff_t>(at), form.size(), true);
  auto kept = by.redact(text);
  for (auto at = kept.find('*'); at != std::string::npos; at = kept.find('*'))
    kept.erase(at, 1);
  std::string wanted;
  for (std::size_t i = 0; i < text.size(); ++i)
    if (!hidden[i])
      wanted += text[i];
  RC_ASSERT(kept == wanted);
}

TEST(redacted_stream, holds_back_only_what_may_be_a_secrets_beginning) {
  auto by = std::make_shared<redactor>();
  by->add("s3cr3t");
  redacted_stream stream{by};
  EXPECT_EQ(stream.push("plain "), "plain ");
  EXPECT_EQ(stream.push("s3c"), "");
  EXPECT_EQ(stream.push("ond"), "s3cond");
  EXPECT_EQ(stream.push("s3cr"), "");
  EXPECT_EQ(stream.push("3t!"), "***!");
  EXPECT_EQ(stream.push("s3"), "");
  EXPECT_EQ(stream.finish(), "s3");
}

TEST(redacted_stream, tells_a_line_before_the_next_one_comes) {
  auto by = std::make_shared<redactor>();
  by->add("token-of-the-app");
  redacted_stream stream{by};
  EXPECT_EQ(stream.push("waiting for to\n"), "waiting for to\n");
  EXPECT_EQ(stream.push("the token-of-\n"), "the ") << "so much is no chance";
  EXPECT_EQ(stream.push("    the-app is x\n"), "*** is x\n");
  EXPECT_EQ(stream.push("the token-of-\n"), "the ");
  EXPECT_EQ(stream.finish(), "token-of-\n");
}

TEST(redacted_stream, holds_no_endless_blank_lines) {
  auto by = std::make_shared<redactor>();
  by->add("token-of-the-app");
  redacted_stream stream{by};
  auto told = stream.push("token-of-");
  for (int i = 0; i < 100; ++i)
    told += stream.push(std::string(1000, '\n'));
  EXPECT_GT(told.size(), 90'000u);
  EXPECT_EQ((told + stream.finish()).size(), 100'009u);
}

TEST(redacted_stream, takes_a_beginning_out_where_its_text_is_cut_off) {
  auto by = std::make_shared<redactor>();
  by->add("s3cr3t-token");
  redacted_stream stream{by};
  EXPECT_EQ(stream.push("a s3cr3t-"), "a ");
  EXPECT_EQ(stream.cut_off(), "***");
  EXPECT_EQ(stream.push("s3cr3t-token b"), "*** b");
  EXPECT_EQ(stream.cut_off(), "");
}

TEST(redacted_stream, is_bounded_when_matches_never_end) {
  auto by = std::make_shared<redactor>();
  by->add("aaaaaa");
  redacted_stream stream{by};
  std::string told;
  for (int i = 0; i < 10'000; ++i)
    told += stream.push(std::string(100, 'a'));
  told += stream.push("b");
  EXPECT_EQ(told + stream.finish(), "***b");
}

TEST(redacted_stream, takes_out_a_secret_that_was_added_in_its_midst) {
  auto by = std::make_shared<redactor>();
  by->add("first-secret");
  redacted_stream stream{by};
  auto told = stream.push("first-secret first-");
  by->add("first-second");
  told += stream.push("second, first-secret");
  told += stream.finish();
  EXPECT_EQ(told, "*** ***, ***");
}

TEST(redactor, is_used_and_added_to_by_several_threads) {
  auto by = std::make_shared<redactor>();
  by->add("known-from-the-start");
  std::vector<std::jthread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&by, t] {
      std::mt19937_64 dice{static_cast<std::uint64_t>(t)};
      for (int i = 0; i < 50; ++i) {
        const auto mine = "secret-" + std::to_string(t) + "-" + std::to_string(i) + ";";
        by->add(mine);
        EXPECT_EQ(by->redact("<" + mine + "known-from-the-start>"), "<******>");
        EXPECT_EQ(in_pieces(by, "<" + mine + ">", dice), "<***>");
      }
    });
}

TEST(redactor, takes_time_by_the_text_and_not_by_the_number_of_secrets) {
  std::mt19937_64 dice{1};
  redactor by;
  for (int i = 0; i < 1000; ++i)
    by.add("secret-" + std::to_string(dice()));
  std::string text;
  while (text.size() < 4'000'000)
    text += "secret-" + std::to_string(dice() % 100) + " ";
  by.redact("made ready");
  const auto begin = std::chrono::steady_clock::now();
  EXPECT_EQ(by.redact(text).size(), text.size());
  // A second would be 250 times what a search for one is; without the automaton it is minutes.
  EXPECT_LT(std::chrono::steady_clock::now() - begin, std::chrono::seconds{20});
}

TEST(a_redacted_record, has_the_plan_with_its_names_and_without_its_secrets) {
  redactor by;
  by.add("production");
  by.add("from-a-file");
  auto of = std::make_shared<plan>();
  of->run = of->request.environment = "production";
  host one;
  one.reach.name = "production";
  one.vars = {{"TOKEN", "x"}, {"OTHER", "is from-a-file"}, {"ROLE", "web"}};
  of->fleet.hosts = {one};
  stage first;
  first.name = "production";
  stack app;
  app.name = "production";
  app.repository = "https://me:pw@h/production.git";
  first.stacks = {app};
  of->stages = {first};
  record begun;
  begun.what = event::run_requested{of};
  const auto told = redact(by, begun);
  const auto& plan = *std::get<event::run_requested>(told.what).plan;
  EXPECT_EQ(plan.run, "production");
  EXPECT_EQ(plan.fleet.hosts[0].reach.name, "production");
  EXPECT_EQ(plan.fleet.hosts[0].vars.at("TOKEN"), "***");
  EXPECT_EQ(plan.fleet.hosts[0].vars.at("OTHER"), "is ***");
  EXPECT_EQ(plan.fleet.hosts[0].vars.at("ROLE"), "web");
  EXPECT_EQ(plan.stages[0].stacks[0].name, "production");
  EXPECT_EQ(plan.stages[0].stacks[0].repository, "https://me:***@h/***.git");
  EXPECT_EQ(of->fleet.hosts[0].vars.at("TOKEN"), "x") << "what the run goes by stays whole";
}

TEST(a_redacted_record, has_no_secret_in_its_free_texts_and_its_names_untouched) {
  redactor by;
  by.add("production");
  by.add("s3cr3t-token");
  error inner;
  inner.what = "curl -H s3cr3t-token failed";
  error outer;
  outer.what = "the check with s3cr3t-token failed";
  outer.cause = std::make_shared<const error>(inner);
  step_outcome outcome;
  outcome.why = outer;
  outcome.view.emplace().ill = {"app: s3cr3t-token"};
  outcome.checks = {{"production", "http https://s3cr3t-token@x/", false, "s3cr3t-token"}};
  outcome.notes = {"s3cr3t-token"};
  outcome.facts["name"] = "production";
  outcome.facts["fault.1.text"] = outcome.facts["failing"] = "s3cr3t-token";
  auto verdict = std::make_shared<result>();
  verdict->why = outer;
  verdict->environment = "production";
  verdict->warnings = {"s3cr3t-token"};
  phase_details entry;
  entry.error = "s3cr3t-token";
  entry.hosts["production"] = {phase_outcome::failed, 1, 0, "s3cr3t-token", {"s3cr3t-token"}};
  verdict->details = {{"production", entry}};
  for (const event_t& what :
       {event_t{event::step_ended{"production", step_kind::gate, 0, 1, outcome}},
        event_t{event::alert_raised{severity::critical, "production", "", "s3cr3t-token"}},
        event_t{event::cancel_requested{"s3cr3t-token"}}, event_t{event::run_finished{verdict}}}) {
    record one;
    one.what = what;
    const auto text = dump(to_json(redact(by, one)));
    EXPECT_THAT(text, Not(HasSubstr("s3cr3t"))) << text;
    EXPECT_THAT(text, HasSubstr("***")) << text;
    if (!std::holds_alternative<event::cancel_requested>(what)) {
      EXPECT_THAT(text, HasSubstr("production")) << text;
    }
  }
}

} // namespace
} // namespace baton
