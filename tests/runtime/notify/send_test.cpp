#include "messages/json.hpp"
#include "rules/outbox.hpp"
#include "runtime/notify/render.hpp"
#include "runtime/notify/send.hpp"
#include "tests/support/http_server.hpp"
#include "tests/support/script_host.hpp"

#include <gmock/gmock.h>
#include <gtest/gtest.h>

#include <array>
#include <chrono>
#include <condition_variable>
#include <deque>
#include <mutex>
#include <netinet/in.h>
#include <sys/socket.h>
#include <thread>
#include <unistd.h>

namespace baton {
namespace {

using namespace std::chrono_literals;
using testing::AllOf;
using testing::ElementsAre;
using testing::EndsWith;
using testing::HasSubstr;
using testing::Not;
using testing::StartsWith;
using kind = send_outcome::kind;

constexpr const char* token = "12345:AbCdEf-secret_token";

struct scripted {
  int status = 200;
  std::string body = R"({"ok":true,"result":{}})";
  std::string headers = {};
  bool holds = false;
  bool cuts = false;
};

/// A channel against a server that answers by a script; the last answer stands for all later ones.
class a_channel : public testing::Test {
protected:
  a_channel() {
    write_secret("bot", token);
    to.name = "phone";
    to.kind = channel_kind::telegram;
    to.api = server.url("");
    while (to.api.ends_with('/'))
      to.api.pop_back();
    to.chat = "-100";
    to.token_file = (folder / "bot").string();
    what.id = "r1-2-0";
    what.run = "r1";
    what.fleet = "lab";
    what.event = "alert_raised";
    what.severity = severity::critical;
    what.title = "lab production: vps <failed>";
    what.text = "it is ill & tired\n";
    what.next = "baton show r1";
    what.event_json = R"({"type":"alert_raised"})";
  }

  void write_secret(const std::string& name, const std::string& text, mode_t mode = 0600) {
    write_file(folder / name, text + "\n", mode);
  }
  void answers(std::deque<scripted> with) {
    const std::scoped_lock lock{mutex};
    script = std::move(with);
  }
  send_outcome send_it(duration deadline = 20s, std::stop_token stop = {}) {
    auto how = send({to, what, folder.path().string(), "", deadline, std::move(stop)});
    EXPECT_EQ(how.is == kind::stopped, how.is != kind::sent && stops_channel(how.fault))
        << "metrics tell by the fault whether another try follows";
    return how;
  }
  std::vector<std::string> paths() {
    const std::scoped_lock lock{mutex};
    std::vector<std::string> made;
    for (const auto& one : visits)
      made.push_back(one.path());
    return made;
  }
  json body(std::size_t nth = 0) {
    const std::scoped_lock lock{mutex};
    return json::parse(visits.at(nth).body);
  }
  std::string head() {
    const std::scoped_lock lock{mutex};
    return visits.at(0).head;
  }

  temp_folder folder;
  std::mutex mutex; ///< guards the next two
  std::vector<http_server::visit> visits;
  std::deque<scripted> script{{}};
  http_server server{[this](const http_server::visit& one) {
    scripted how;
    {
      const std::scoped_lock lock{mutex};
      visits.push_back(one);
      how = script.front();
      if (script.size() > 1)
        script.pop_front();
    }
    if (how.holds)
      one.hold();
    else if (how.cuts)
      (void)one.send("HTTP/1.1 200 OK\r\nContent-Length: 1000\r\n\r\n{\"ok\":");
    else
      one.answer(how.status, how.body, how.headers);
  }};
  channel to;
  message what;
};

TEST_F(a_channel, of_telegram_gets_marked_text_loud_and_without_previews) {
  EXPECT_EQ(send_it().is, kind::sent);
  EXPECT_THAT(paths(), ElementsAre(std::string{"/bot"} + token + "/sendMessage"));
  const auto sent = body();
  EXPECT_EQ(sent["chat_id"], "-100");
  EXPECT_EQ(sent["parse_mode"], "HTML");
  EXPECT_EQ(sent["text"], "<b>lab production: vps &lt;failed&gt;</b>\nit is ill &amp; tired\n"
                          "<code>baton show r1</code>");
  EXPECT_EQ(sent["disable_notification"], false);
  EXPECT_EQ(sent["link_preview_options"]["is_disabled"], true);
  EXPECT_FALSE(sent.contains("message_thread_id"));
}

TEST_F(a_channel, of_telegram_is_silent_for_a_success_and_writes_into_its_topic) {
  what.severity = severity::info;
  to.thread = 7;
  EXPECT_EQ(send_it().is, kind::sent);
  EXPECT_EQ(body()["disable_notification"], true);
  EXPECT_EQ(body()["message_thread_id"], 7);
}

TEST_F(a_channel, of_telegram_cuts_before_it_escapes_and_never_within_a_character) {
  what.text.clear();
  for (int line = 0; line < 500; ++line)
    what.text += "<<<< line \xf0\x9f\x98\x80\xc3\xa9 \n";
  EXPECT_EQ(send_it().is, kind::sent);
  const auto text = body()["text"].get<std::string>();
  EXPECT_THAT(text, EndsWith(" lines more\n<code>baton show r1</code>"));
  std::size_t units = 0; // once the markup is read
  for (std::size_t at = 0; at < text.size(); ++at) {
    const auto c = static_cast<unsigned char>(text[at]);
    if (c == '<')
      at = text.find('>', at);
    else if (c == '&') {
      at = text.find(';', at);
      ++units;
    } else if ((c & 0xc0) != 0x80)
      units += c >= 0xf0 ? 2 : 1;
  }
  EXPECT_LE(units, 4096u);
  EXPECT_GT(units, 4000u);
}

TEST_F(a_channel, of_telegram_sends_what_cannot_be_parsed_once_more_as_plain_text) {
  answers({{400, R"({"ok":false,"description":"Bad Request: can't parse entities: x"})"}, {}});
  const auto how = send_it();
  EXPECT_EQ(how.is, kind::sent);
  EXPECT_TRUE(how.plain);
  EXPECT_FALSE(body(1).contains("parse_mode"));
  EXPECT_THAT(body(1)["text"].get<std::string>(), HasSubstr("vps <failed>\nit is ill & tired"));
}

TEST_F(a_channel, of_telegram_follows_a_chat_that_has_moved_and_says_so) {
  answers({{400, R"({"ok":false,"description":"Bad Request: group chat was upgraded",)"
                 R"("parameters":{"migrate_to_chat_id":-1001234567890123}})"},
           {}});
  const auto how = send_it();
  EXPECT_EQ(how.is, kind::sent);
  EXPECT_EQ(how.moved_to, "-1001234567890123");
  EXPECT_EQ(body(1)["chat_id"], "-1001234567890123");
}

TEST_F(a_channel, of_telegram_is_told_when_to_try_again) {
  answers({{429, R"({"ok":false,"description":"Too Many Requests",)"
                 R"("parameters":{"retry_after":7}})"}});
  const auto how = send_it();
  EXPECT_EQ(how.is, kind::again);
  EXPECT_EQ(how.fault, send_fault::throttled);
  EXPECT_EQ(how.retry_after, 7s);
}

TEST_F(a_channel, of_telegram_is_stopped_by_what_no_patience_mends) {
  for (const auto& [status, says] : {std::pair{401, "Unauthorized"},
                                     {403, "Forbidden: bot was kicked"},
                                     {404, "Not Found"},
                                     {400, "Bad Request: chat not found"}}) {
    answers({{status, json{{"ok", false}, {"description", says}}.dump()}});
    const auto how = send_it();
    EXPECT_EQ(how.is, kind::stopped) << status;
    EXPECT_EQ(how.fault, send_fault::unauthorized);
    EXPECT_THAT(how.why, HasSubstr(says));
  }
}

TEST_F(a_channel, of_telegram_gives_up_a_message_that_is_refused_alone) {
  answers({{400, R"({"ok":false,"description":"Bad Request: message is too long"})"}});
  EXPECT_EQ(send_it().is, kind::refused);
}

TEST_F(a_channel, tries_again_after_what_may_pass) {
  answers({{500, "oops"}});
  EXPECT_EQ(send_it().fault, send_fault::server_error);
  answers({{200, "<html>please log in to this network</html>"}});
  EXPECT_EQ(send_it().fault, send_fault::server_error) << "that was not Telegram";
  answers({{200, R"({"ok":"yes"})"}});
  EXPECT_EQ(send_it().is, kind::again);
  scripted cut;
  cut.cuts = true;
  answers({cut});
  EXPECT_EQ(send_it().fault, send_fault::unreachable);
  to.api = "http://127.0.0.1:1";
  const auto how = send_it();
  EXPECT_EQ(how.is, kind::again);
  EXPECT_EQ(how.fault, send_fault::unreachable);
}

TEST_F(a_channel, where_something_else_answers_is_tried_again) {
  class plain_server {
  public:
    plain_server() {
      address.sin_family = AF_INET;
      address.sin_addr.s_addr = htonl(INADDR_LOOPBACK);
      socklen_t size = sizeof address;
      EXPECT_EQ(::bind(at, reinterpret_cast<sockaddr*>(&address), size), 0);
      EXPECT_EQ(::listen(at, 1), 0);
      EXPECT_EQ(::getsockname(at, reinterpret_cast<sockaddr*>(&address), &size), 0);
      speaker = std::jthread{[this] {
        const int one = ::accept(at, nullptr, nullptr);
        std::array<char, 4096> heard{};
        EXPECT_GT(::read(one, heard.data(), heard.size()), 0);
        EXPECT_EQ(::write(one, "hello world\n", 12), 12);
        ::close(one);
      }};
    }
    ~plain_server() {
      ::shutdown(at, SHUT_RDWR); // a speaker that still waits goes on
      speaker.join();
      ::close(at);
    }
    int at = ::socket(AF_INET, SOCK_STREAM, 0);
    sockaddr_in address{};
    std::jthread speaker;
  };
  plain_server other;
  to.api = "http://127.0.0.1:" + std::to_string(ntohs(other.address.sin_port));
  const auto how = send_it();
  EXPECT_EQ(how.is, kind::again);
  EXPECT_THAT(how.why, HasSubstr("does not speak HTTP"));
}

TEST_F(a_channel, of_telegram_that_says_ok_has_taken_it_whatever_else_it_says) {
  for (const auto* says : {R"({"ok":true,"description":null,"parameters":null})",
                           R"({"ok":true,"parameters":{"retry_after":"x"}})"}) {
    answers({{200, says}});
    EXPECT_EQ(send_it().is, kind::sent) << says;
  }
  answers({{200, R"({"ok":true,"result":{"text":")" + std::string(100'000, 'x') + "\"}}"}});
  EXPECT_EQ(send_it().is, kind::sent) << "more than is kept of an answer";
  answers({{200, R"({"ok":false,"description":null})"}});
  EXPECT_EQ(send_it().is, kind::again);
}

TEST_F(a_channel, gets_no_control_characters) {
  what.text = "\x1b[31mRED\x1b]0;owned\a \xc2\x9b"
              "31m \x01 \xc3\xa4\n";
  EXPECT_EQ(send_it().is, kind::sent);
  const auto text = body()["text"].get<std::string>();
  EXPECT_THAT(text, AllOf(HasSubstr("\\x1b[31mRED"), HasSubstr("\\x9b31m"), HasSubstr("\xc3\xa4")));
  for (const auto* raw : {"\x1b", "\a", "\x01", "\xc2\x9b"})
    EXPECT_THAT(text, Not(HasSubstr(raw)));
}

TEST_F(a_channel, that_hangs_has_a_deadline) {
  scripted hangs;
  hangs.holds = true;
  answers({hangs});
  const auto how = send_it(200ms);
  EXPECT_EQ(how.is, kind::again);
  EXPECT_EQ(how.fault, send_fault::timed_out);
}

TEST_F(a_channel, that_hangs_is_stopped_at_once_when_somebody_wants_it) {
  scripted hangs;
  hangs.holds = true;
  answers({hangs});
  std::stop_source stop;
  std::jthread stopper{[&] {
    while (server.visits() == 0)
      std::this_thread::yield();
    stop.request_stop();
  }};
  const auto begun = std::chrono::steady_clock::now();
  EXPECT_EQ(send_it(60s, stop.get_token()).is, kind::again);
  EXPECT_LT(std::chrono::steady_clock::now() - begun, 30s);
}

TEST_F(a_channel, tells_its_secret_to_nobody) {
  answers({{401, std::string{R"({"ok":false,"description":"no bot )"} + token + "\"}"}});
  EXPECT_THAT(send_it().why, AllOf(HasSubstr("no bot ***"), Not(HasSubstr("secret_token"))));
  to.api = "nonsense://\x01";
  const auto how = send_it();
  EXPECT_EQ(how.is, kind::stopped);
  EXPECT_THAT(how.why, Not(HasSubstr("secret_token")));
}

TEST_F(a_channel, whose_secret_others_may_read_is_not_used) {
  write_secret("bot", token, 0644);
  const auto how = send_it();
  EXPECT_EQ(how.is, kind::stopped);
  EXPECT_EQ(how.fault, send_fault::misconfigured);
  EXPECT_THAT(how.why, HasSubstr("chmod 600 " + to.token_file));
  EXPECT_EQ(server.visits(), 0);
  to.token_file = (folder / "nowhere").string();
  EXPECT_THAT(send_it().why, HasSubstr("nowhere"));
  write_secret("empty", " ");
  to.token_file = (folder / "empty").string();
  EXPECT_THAT(send_it().why, HasSubstr("is empty"));
}

TEST_F(a_channel, has_another_likeness_when_its_file_has_changed) {
  const auto before = likeness_of(to, folder.path());
  EXPECT_EQ(likeness_of(to, folder.path()), before);
  write_secret("bot", "another-token");
  EXPECT_NE(likeness_of(to, folder.path()), before);
  const auto then = likeness_of(to, folder.path());
  to.chat = "-200";
  EXPECT_NE(likeness_of(to, folder.path()), then);
}

TEST_F(a_channel, fills_in_a_template_and_escapes_what_comes_from_outside) {
  what.text_template = "<i>{{severity}}</i> {{title}} {{#hosts}}{{host}}={{commit}} {{/hosts}}";
  what.hosts = {{"vps", "old", "healthy", "<c0ffee>"}};
  EXPECT_EQ(send_it().is, kind::sent);
  EXPECT_EQ(body()["text"],
            "<i>critical</i> lab production: vps &lt;failed&gt; vps=&lt;c0ffee&gt; ");
}

TEST_F(a_channel, cuts_the_text_of_a_template_that_is_too_long) {
  what.text_template = "<b>{{title}}</b>\n{{text}}";
  what.text = std::string(9000, 'x');
  EXPECT_EQ(send_it().is, kind::sent);
  const auto text = body()["text"].get<std::string>();
  EXPECT_LE(text.size(), 4096u + 7);
  EXPECT_THAT(text, StartsWith("<b>lab"));
}

TEST(a_template, is_known_by_the_names_that_mean_something) {
  EXPECT_THAT(unknown_variables("{{title}} {{#hosts}}{{ host }}: {{{serves}}} {{&health}} "
                                "{{commit}}{{.}}{{/hosts}}{{^reminder}}{{!no name}}{{/reminder}}"),
              ElementsAre());
  EXPECT_THAT(unknown_variables("{{titel}} {{#nothere}}{{titel}}{{/nothere}} {{{run_id}}}"),
              ElementsAre("titel", "nothere", "run_id"));
  EXPECT_THAT(unknown_variables("{{=<% %>=}}<%titel%>"), ElementsAre());
  EXPECT_THAT(unknown_variables("{{"), ElementsAre());
  for (const auto& name : template_variables()) {
    message what;
    what.hosts = {{"<", "<", "<", "<"}};
    what.nth = 1;
    for (auto* text :
         {&what.id, &what.event, &what.fleet, &what.environment, &what.run, &what.title, &what.text,
          &what.status, &what.phase, &what.host, &what.commit, &what.error, &what.next})
      *text = "<";
    EXPECT_NE(render("{{#hosts}}{{#" + name + "}}x{{/" + name + "}}{{/hosts}}", what,
                     [](std::string_view text) { return std::string{text}; }),
              "")
        << name << " means something";
  }
}

class a_slack_channel : public a_channel {
protected:
  a_slack_channel() {
    to.kind = channel_kind::slack;
    write_secret("hook", server.url("/services/T0/B0/s3cr3tpath"));
    to.url_file = (folder / "hook").string();
    answers({{200, "ok"}});
  }
};

TEST_F(a_slack_channel, gets_a_text_for_notifications_and_blocks) {
  EXPECT_EQ(send_it().is, kind::sent);
  EXPECT_THAT(paths(), ElementsAre("/services/T0/B0/s3cr3tpath"));
  const auto sent = body();
  EXPECT_EQ(sent["text"], "lab production: vps &lt;failed&gt;");
  EXPECT_EQ(sent["blocks"].size(), 3u);
  EXPECT_EQ(sent["blocks"][1]["text"]["text"], "it is ill &amp; tired\n");
}

TEST_F(a_slack_channel, takes_no_section_that_is_too_long) {
  what.text = std::string(5000, '&');
  EXPECT_EQ(send_it().is, kind::sent);
  EXPECT_LE(body()["blocks"][1]["text"]["text"].get<std::string>().size(), 3000u);
}

TEST_F(a_slack_channel, cuts_what_a_template_is_filled_with_and_nothing_else) {
  what.text_template = "*{{title}}*\n{{text}}`{{next}}`";
  what.text = std::string(5000, '&');
  EXPECT_EQ(send_it().is, kind::sent);
  const auto text = body()["blocks"][0]["text"]["text"].get<std::string>();
  EXPECT_LE(text.size(), 3000u);
  EXPECT_THAT(text, EndsWith("`baton show r1`"));
  EXPECT_THAT(text, HasSubstr("&amp;… "));
  what.text_template = std::string(5000, 'x');
  EXPECT_EQ(send_it().is, kind::sent);
  EXPECT_THAT(body(1)["blocks"][0]["text"]["text"].get<std::string>(),
              StartsWith("*lab production"));
}

TEST_F(a_slack_channel, says_why_it_refuses_and_whether_for_good) {
  answers({{429, "rate limited", "Retry-After: 9\r\n"}});
  auto how = send_it();
  EXPECT_EQ(how.fault, send_fault::throttled);
  EXPECT_EQ(how.retry_after, 9s);
  answers({{404, "no_service"}});
  how = send_it();
  EXPECT_EQ(how.is, kind::stopped);
  EXPECT_THAT(how.why, AllOf(HasSubstr("no_service"), Not(HasSubstr("s3cr3tpath"))));
  for (const auto* says : {"invalid_payload", "no_text"}) {
    answers({{400, says}});
    EXPECT_EQ(send_it().is, kind::refused) << says;
  }
  answers({{400, "no_team"}});
  EXPECT_EQ(send_it().is, kind::stopped);
  answers({{503, "later"}});
  EXPECT_EQ(send_it().is, kind::again);
}

TEST_F(a_slack_channel, tells_no_part_of_its_url_that_a_server_repeats) {
  write_secret("hook", server.url("/services/T0AAAAAAA/B0BBBBBBB/abcDEFghij?key=q0w9e8r7"));
  const std::string pages[] = {"<pre>Cannot POST /services/T0AAAAAAA/B0BBBBBBB/abcDEFghij</pre>",
                               "no hook abcDEFghij", "no key q0w9e8r7", "T0AAAAAAA/B0BBBBBBB",
                               // cut in the middle of it, where the server's words are
                               std::string(3'990, '.') + "/services/T0AAAAAAA/B0BBBBBBB/abcDEFghij",
                               std::string(170, '.') + "/services/T0AAAAAAA/B0BBBBBBB/abcDEFghij"};
  for (const auto& page : pages) {
    answers({{404, page}});
    const auto how = send_it();
    EXPECT_EQ(how.is, kind::stopped);
    for (const auto* part : {"T0AAAA", "B0BBBB", "abcDEF", "q0w9"})
      EXPECT_THAT(how.why, Not(HasSubstr(part))) << page;
  }
  answers({{404, "Cannot POST /services"}});
  EXPECT_THAT(send_it().why, HasSubstr("/services")) << "a plain word is no secret";
}

TEST_F(a_slack_channel, tells_no_part_of_its_url_that_is_written_in_another_way) {
  write_secret("hook", server.url("/hook/p%41ss%2Fw0rd-of-mine"));
  answers({{404, "no pAss/w0rd-of-mine here"}});
  EXPECT_THAT(send_it().why, Not(HasSubstr("w0rd")));
}

class a_webhook : public a_channel {
protected:
  a_webhook() {
    to.kind = channel_kind::webhook;
    to.url = server.url("/hook");
  }
};

TEST_F(a_webhook, gets_all_that_is_known_and_an_id_that_is_the_same_for_each_try) {
  EXPECT_EQ(send_it().is, kind::sent);
  EXPECT_THAT(head(), AllOf(HasSubstr("POST /hook "), HasSubstr("Idempotency-Key: r1-2-0"),
                            HasSubstr(std::string{"Authorization: Bearer "} + token)));
  EXPECT_EQ(body()["id"], "r1-2-0");
  EXPECT_EQ(body()["title"], what.title);
}

TEST_F(a_webhook, goes_to_the_url_of_its_file) {
  write_secret("url", server.url("/secret/place"));
  to.url.clear();
  to.url_file = (folder / "url").string();
  to.token_file.clear();
  EXPECT_EQ(send_it().is, kind::sent);
  EXPECT_THAT(paths(), ElementsAre("/secret/place"));
  EXPECT_THAT(head(), Not(HasSubstr("Authorization")));
}

TEST_F(a_webhook, is_judged_by_its_status) {
  for (const auto& [status, wanted] : {std::pair{204, kind::sent},
                                       {400, kind::refused},
                                       {413, kind::refused},
                                       {401, kind::stopped},
                                       {404, kind::stopped},
                                       {302, kind::stopped},
                                       {408, kind::again},
                                       {429, kind::again},
                                       {502, kind::again}}) {
    answers({{status, ""}});
    EXPECT_EQ(send_it().is, wanted) << status;
  }
}

class a_command : public a_channel {
protected:
  a_command() { to.kind = channel_kind::command; }
  send_outcome run(const std::string& body, duration deadline = 20s) {
    write_file(folder / "notify.sh", "#!/bin/sh\n" + body + "\n", 0700);
    to.run = {{"./notify.sh"}, ""};
    return send_it(deadline);
  }
};

TEST_F(a_command, gets_the_event_on_its_input) {
  EXPECT_EQ(run("cat >seen").is, kind::sent);
  EXPECT_EQ(read_file(folder / "seen"), "{\"type\":\"alert_raised\"}\n");
}

TEST_F(a_command, may_be_one_line_for_a_shell) {
  to.run = {{}, "cat | tr a-z A-Z >seen"};
  EXPECT_EQ(send_it().is, kind::sent);
  EXPECT_EQ(read_file(folder / "seen"), "{\"TYPE\":\"ALERT_RAISED\"}\n");
}

TEST_F(a_command, that_fails_is_not_called_again_unless_it_asks_for_it) {
  auto how = run("echo s3cret >&2; exit 1");
  EXPECT_EQ(how.is, kind::refused);
  EXPECT_EQ(how.fault, send_fault::failed);
  EXPECT_EQ(how.why, "the command ended with status 1") << "what it prints may be a secret";
  EXPECT_EQ(run("exit 75").is, kind::again);
  how = run("exec sleep 60", 200ms);
  EXPECT_EQ(how.is, kind::again);
  EXPECT_EQ(how.fault, send_fault::timed_out);
}

TEST_F(a_command, that_a_shell_does_not_find_stops_the_channel) {
  to.run = {{}, "./nothing --loud"};
  auto how = send_it();
  EXPECT_EQ(how.is, kind::stopped);
  EXPECT_EQ(how.fault, send_fault::misconfigured);
  how = run("exit 126");
  EXPECT_EQ(how.is, kind::stopped);
}

TEST_F(a_command, that_is_killed_is_called_again) {
  const auto how = run("kill -KILL $$");
  EXPECT_EQ(how.is, kind::again);
  EXPECT_EQ(how.fault, send_fault::failed);
}

TEST_F(a_command, has_another_likeness_when_its_program_is_there) {
  for (const auto& which :
       {command{{"./later.sh", "--loud"}, ""}, command{{}, "  ./later.sh | cat"}}) {
    std::filesystem::remove(folder / "later.sh");
    to.run = which;
    const auto before = likeness_of(to, folder.path());
    write_file(folder / "later.sh", "#!/bin/sh\n", 0700);
    EXPECT_NE(likeness_of(to, folder.path()), before);
  }
}

TEST_F(a_command, that_is_not_there_stops_the_channel) {
  to.run = {{"./nothing"}, ""};
  const auto how = send_it();
  EXPECT_EQ(how.is, kind::stopped);
  EXPECT_THAT(how.why, HasSubstr("./nothing"));
}

} // namespace
} // namespace baton
