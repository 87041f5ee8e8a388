#include "cli/report/render.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>
#include <rapidcheck/gtest.h>

#include <algorithm>
#include <optional>
#include <regex>
#include <stdexcept>
#include <utility>

/// The page in its forms, and that nothing from outside breaks out of them.

namespace baton {

namespace {

using testing::AllOf;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;

/// A page with everything on it; each text comes from `any`, asked with what it is of.
template <class Any>
run_report page_of(Any any) {
  run_report made;
  made.run = any("run");
  made.fleet = any("fleet");
  made.environment = any("environment");
  made.ref = any("ref");
  made.commit = any("commit");
  made.requested_by = any("user");
  made.took = std::chrono::seconds{10};
  made.status = status::failed;
  made.phase = any("phase");
  made.cancelled_by = any("signal");
  made.why = any("why");
  made.tests = any("tests");
  for (const auto* host : {"host-1", "host-2"}) {
    reported_failure failure;
    failure.hosts = {any(host)};
    failure.phase = any("place");
    failure.stage = any("stage");
    failure.step = "activate";
    failure.attempts_max = 3;
    failure.code = "step_failed";
    failure.why = any("reason");
    made.failures.push_back(failure);
    made.outputs.push_back({{any(host)}, any("place"), "activate", {any("line"), any("line")}});
    host_verdict now;
    now.serves = serves::mixed;
    now.healthy = false;
    now.commit = any("commit");
    now.stacks = {{any("stack-1"), {}}, {any("stack-2"), {}}};
    made.hosts.push_back({any(host), now});
    made.not_touched.push_back(any(host));
    made.not_rolled_back.push_back({any(host), any("reason"), true});
    made.warnings.push_back(any("warning"));
  }
  made.running = {{{any("host-1")}, any("place"), "gate", {}}};
  made.rolled_back = {any("host-1")};
  made.put_back = {any("host-2")};
  made.silent = {any("host-3")};
  // The words are Baton's own.
  made.next = {{"words", any("command")}, {"", any("command")}, {"words", ""}};
  made.look = {{"words", any("command")}};
  return made;
}

run_report plain_page() {
  return page_of([](const std::string& what) { return what; });
}

/// The same page where every text goes on as an attacker would have it.
run_report hostile_page(const std::string& text) {
  return page_of([&](const std::string& what) { return what + text; });
}

rc::Gen<std::string> hostile_text() {
  static const std::vector<std::string> pieces{"`",
                                               "``",
                                               "```",
                                               "\n```\n",
                                               "~~~",
                                               "|",
                                               "\\",
                                               "\\|",
                                               "\n",
                                               "\r\n",
                                               "\r",
                                               "\n\n# h\n",
                                               "@octocat",
                                               " @a/b ",
                                               "#12",
                                               "GH-1",
                                               "a/b#1",
                                               "<b>",
                                               "</",
                                               "</pre>",
                                               "<script>alert(1)</script>",
                                               "<!--",
                                               "-->",
                                               "![x](https://example.org/x.png)",
                                               "[x](javascript:x)",
                                               "{{run}}",
                                               "{{{run}}}",
                                               "{{#hosts}}",
                                               "}}",
                                               "&lt;",
                                               "&",
                                               "\"",
                                               "'",
                                               " onload=x ",
                                               "\x1b[2J",
                                               "\x1b]0;t\x07",
                                               "\x9b",
                                               "\xff",
                                               "\xc3",
                                               "é",
                                               "\xe2\x80\xae",
                                               "\xe2\x80\xa8",
                                               "\xf0\x9f\x9a\x80",
                                               " ",
                                               "\t",
                                               "- ",
                                               "> ",
                                               "1. ",
                                               "---",
                                               "***",
                                               "https://example.org/",
                                               "www.example.org",
                                               "a@example.org",
                                               std::string(1, '\0'),
                                               "x"};
  return rc::gen::map(rc::gen::container<std::vector<std::string>>(rc::gen::elementOf(pieces)),
                      [](const std::vector<std::string>& chosen) {
                        std::string text;
                        for (const auto& one : chosen)
                          text += one;
                        return text;
                      });
}

// --- Markdown, read as CommonMark has it
// -------------------------------------------------------------

std::vector<std::string> lines_in(const std::string& text) {
  std::vector<std::string> lines;
  std::string now;
  for (const char c : text)
    if (c == '\n')
      lines.push_back(std::exchange(now, {}));
    else
      now += c;
  if (!now.empty())
    lines.push_back(now);
  return lines;
}

std::size_t run_of(const std::string& text, std::size_t at) {
  std::size_t length = 0;
  while (at + length < text.size() && text[at + length] == '`')
    ++length;
  return length;
}

/// Without its code spans, each of which becomes `C`. Nothing when one does not end.
std::optional<std::string> without_spans(const std::string& line) {
  std::string left;
  for (std::size_t at = 0; at < line.size();) {
    const auto begins = run_of(line, at);
    if (begins == 0) {
      left += line[at++];
      continue;
    }
    auto end = at + begins;
    while (end < line.size() && run_of(line, end) != begins)
      end += std::max<std::size_t>(run_of(line, end), 1);
    if (end >= line.size())
      return std::nullopt;
    left += 'C';
    at = end + begins;
  }
  return left;
}

/// The cells of a row, as a reader of tables cuts it before it looks at what is in them.
std::vector<std::string> cells_of(const std::string& row) {
  std::vector<std::string> cells(1);
  std::size_t backslashes = 0;
  for (const char c : row) {
    if (c == '|' && backslashes % 2 == 0)
      cells.emplace_back();
    else
      cells.back() += c;
    backslashes = c == '\\' ? backslashes + 1 : 0;
  }
  return cells;
}

/// What is left of a page when all that stands in code is taken out: Baton's own words, and nothing
/// else. Throws where something does not end.
std::vector<std::string> skeleton_of(const std::string& markdown) {
  std::vector<std::string> left;
  const auto all = lines_in(markdown);
  const auto outside = [](const std::string& text) {
    const auto found = without_spans(text);
    if (!found)
      throw std::runtime_error("a span does not end: " + text);
    return *found;
  };
  for (std::size_t at = 0; at < all.size(); ++at) {
    const auto& line = all[at];
    if (const auto fence = run_of(line, 0); fence >= 3) {
      left.push_back("fence " + line.substr(fence));
      do
        ++at;
      while (at < all.size()
             && !(run_of(all[at], 0) >= fence
                  && all[at].find_first_not_of("` ") == std::string::npos));
      if (at == all.size())
        throw std::runtime_error("a fence does not end");
    } else if (line.starts_with('|')) {
      std::string row;
      for (const auto& cell : cells_of(line))
        row += outside(cell) + "|";
      left.push_back(row);
    } else {
      left.push_back(outside(line));
    }
  }
  return left;
}

TEST(the_markdown, has_all_that_a_page_has) {
  const auto text = as_markdown(plain_page());
  EXPECT_THAT(text, StartsWith("### ✘ failed in `phase`, cancelled by `signal`\n\n"));
  EXPECT_THAT(text, AllOf(HasSubstr("**Why:** `why`\n"), HasSubstr("**Rolled back:** `host-1`\n"),
                          HasSubstr("**rollback FAILED on:** `host-1`: `reason`\n"),
                          HasSubstr("```text\nline\nline\n```\n"),
                          HasSubstr("**Not touched:** `host-1, host-2`\n"),
                          HasSubstr("\n- words: `command`\n- `command`\n- words\n")));
  EXPECT_THAT(text, HasSubstr("| failed first | `host-1 in place` (stage `stage`) | activate, "
                              "attempt 1 of 3 | 1970-01-01 00:00:00 | `reason` |\n"));
  EXPECT_THAT(text, HasSubstr("| `host-1` | mixed | NOT healthy | `commit` |\n"
                              "| ↳ `stack-1` | unknown | health unknown |  |\n"));
  EXPECT_THAT(text, Not(HasSubstr("\n\n\n")));
}

TEST(the_markdown, keeps_what_looks_like_markup_as_text) {
  const auto text = as_markdown(hostile_page(" @octocat | `#12` \\| ```\n# no"));
  EXPECT_THAT(text, HasSubstr("**Why:** ````why @octocat | `#12` \\| ``` # no````\n"));
  EXPECT_THAT(text, HasSubstr("| ````reason @octocat \\| `#12` \\| ``` # no```` |\n"));
}

RC_GTEST_PROP(the_markdown, says_nothing_outside_of_code_but_what_baton_says, ()) {
  const auto text = *hostile_text();
  RC_PRE(text.size() < 400);
  RC_ASSERT(skeleton_of(as_markdown(hostile_page(text))) == skeleton_of(as_markdown(plain_page())));
}

RC_GTEST_PROP(the_markdown, fits_into_a_comment_however_much_there_is_to_say, ()) {
  const auto piece = *hostile_text();
  const auto times = *rc::gen::inRange<std::size_t>(1, 3000);
  std::string text;
  for (std::size_t n = 0; n < times && text.size() < 2000; ++n)
    text += piece;
  auto page = hostile_page(text);
  const auto many = *rc::gen::inRange(0, 10);
  for (int n = 0; n < many; ++n) {
    page.hosts.push_back({std::to_string(n) + text, {}});
    page.hosts.back().now.commit = std::to_string(n);
    page.failures.push_back(page.failures.front());
    page.warnings.push_back(text + std::to_string(n));
    page.not_touched.push_back(std::to_string(n));
    page.not_rolled_back.push_back({std::to_string(n), text, true});
    page.next.push_back({"words", text});
  }
  const auto made = as_markdown(page);
  RC_ASSERT(made.size() <= 65'536U);
  skeleton_of(made); // all that begins ends
}

TEST(the_markdown, of_a_thousand_hosts_shows_those_that_differ) {
  auto page = plain_page();
  page.hosts.clear();
  host_verdict well;
  well.serves = serves::new_release;
  well.healthy = true;
  well.commit = "abc";
  for (int n = 0; n < 1000; ++n)
    page.hosts.push_back({"app-" + std::to_string(n), well});
  page.hosts[500].now.serves = serves::unknown;
  const auto text = as_markdown(page);
  EXPECT_THAT(text, AllOf(HasSubstr("| `999 hosts` | new | healthy | `abc` |\n"),
                          HasSubstr("| `app-500` | unknown |"), Not(HasSubstr("`app-499`"))));
}

// --- HTML
// --------------------------------------------------------------------------------------------

std::vector<std::string> tags_in(const std::string& html) {
  std::vector<std::string> tags;
  const std::regex tag{"<[^>]*>?"};
  for (std::sregex_iterator at{html.begin(), html.end(), tag}, end; at != end; ++at)
    tags.push_back(at->str());
  return tags;
}

TEST(the_html, loads_nothing_and_runs_nothing) {
  const auto html = as_html(plain_page());
  EXPECT_THAT(html, StartsWith("<!doctype html>\n"));
  for (const auto* word : {"<script", "<link", "<style", "<img", "<iframe", "src=", "href=", "url(",
                           "@import", "http", "class=", " on"})
    for (const auto& tag : tags_in(html))
      EXPECT_THAT(tag, Not(HasSubstr(word)));
  EXPECT_THAT(html, AllOf(HasSubstr(">line\nline</pre>"), HasSubstr("<b>Not touched:</b> host-1")));
}

TEST(the_html, keeps_what_looks_like_markup_as_text) {
  const auto html = as_html(hostile_page("<script>\"'&"));
  EXPECT_THAT(html,
              AllOf(HasSubstr("why&lt;script&gt;&quot;&#39;&amp;"), Not(HasSubstr("<script"))));
}

RC_GTEST_PROP(the_html, has_no_tag_but_those_of_the_template, ()) {
  const auto html = as_html(hostile_page(*hostile_text()));
  RC_ASSERT(tags_in(html) == tags_in(as_html(plain_page())));
}

// --- text
// --------------------------------------------------------------------------------------------

TEST(the_text, of_a_good_run_is_short) {
  run_report page;
  page.run = "r1";
  page.status = status::success;
  page.deployed = true;
  page.took = std::chrono::seconds{187};
  host_verdict well;
  well.serves = serves::new_release;
  well.healthy = true;
  well.commit = "0123456789abcdef";
  page.hosts = {{"vps", well}};
  EXPECT_EQ(as_text(page, charset::utf8),
            "✔ success: every host serves the new release (3m 07s, run r1)\n"
            "  vps              serves new      healthy        0123456789ab\n");
  page.warnings = {"a snapshot was kept"};
  page.deployed = false;
  page.phase = "snapshots";
  page.hosts.clear();
  EXPECT_EQ(as_text(page, charset::ascii),
            "+ success: snapshots alone, nothing was deployed (3m 07s, run r1)\n"
            "  note: a snapshot was kept\n");
}

TEST(the_text, of_a_bad_run_is_one_page) {
  run_report page;
  page.run = "r1";
  page.status = status::rolled_back;
  page.phase = "rtx1080";
  page.took = std::chrono::seconds{10};
  page.why = "rtx1080: start ended with status 1";
  reported_failure failure;
  failure.hosts = {"rtx1080"};
  failure.phase = "rtx1080";
  failure.step = "activate";
  failure.why = "start ended with status 1";
  failure.decided = true;
  failure.at = time_point{std::chrono::hours{14}};
  page.failures = {failure};
  page.outputs = {{{"rtx1080"}, "rtx1080", "activate", {"+ start", "no memory"}}};
  page.rolled_back = {"thinkpad", "rtx1080"};
  page.not_touched = {"vps"};
  page.look = {{"each step and its time", "baton show r1 --events"}};
  page.next = {{"", "baton logs r1 --host rtx1080 --phase rtx1080"},
               {"mend it, then", "baton deploy <the mended commit>"}};
  EXPECT_EQ(as_text(page, charset::utf8),
            "✘ rolled_back after rtx1080 (10s, run r1)\n"
            "  why: rtx1080: start ended with status 1\n"
            "  failed first: rtx1080, step activate, at 14:00:00 UTC\n"
            "  last lines of rtx1080, step activate:\n"
            "    | + start\n"
            "    | no memory\n"
            "  rolled back: thinkpad, rtx1080\n"
            "  not touched: vps\n"
            "  look: baton show r1 --events (each step and its time)\n"
            "  next: baton logs r1 --host rtx1080 --phase rtx1080\n"
            "  next: mend it, then: baton deploy <the mended commit>\n");
}

TEST(the_text, of_an_unfinished_run_ends_with_how_to_go_on) {
  run_report page;
  page.run = "r1";
  page.phase = "vps";
  page.running = {{{"vps"}, "vps", "gate", {}}};
  page.next = {{"", "baton resume r1"}};
  EXPECT_EQ(as_text(page, charset::ascii), "x unfinished in vps (0.0s, run r1)\n"
                                           "  begun, not ended: vps, step gate\n"
                                           "  next: baton resume r1\n");
}

RC_GTEST_PROP(the_text, moves_no_cursor_and_has_no_line_more, ()) {
  const auto text = as_text(hostile_page(*hostile_text()), charset::utf8);
  RC_ASSERT(lines_in(text).size() == lines_in(as_text(plain_page(), charset::utf8)).size());
  for (const char c : text)
    RC_ASSERT(c == '\n' || static_cast<unsigned char>(c) >= 0x20);
}

TEST(the_forms, have_names) {
  EXPECT_EQ(report_form_from_string("md"), report_form::markdown);
  EXPECT_EQ(report_form_from_string("html"), report_form::html);
  EXPECT_EQ(report_form_from_string("text"), report_form::text);
  EXPECT_FALSE(report_form_from_string(""));
  EXPECT_THAT(render(plain_page(), report_form::html, charset::utf8), StartsWith("<!doctype"));
  EXPECT_THAT(render(plain_page(), report_form::markdown, charset::utf8), StartsWith("###"));
  EXPECT_THAT(render(plain_page(), report_form::text, charset::ascii), StartsWith("x failed"));
}

} // namespace

} // namespace baton
