#include "runtime/notify/senders.hpp"

#include "messages/json.hpp"
#include "runtime/log/utf8.hpp"
#include "runtime/notify/render.hpp"
#include "runtime/notify/secret_line.hpp"
#include "runtime/notify/text.hpp"

namespace baton {

namespace {

constexpr std::size_t text_units_max = 4096; // once the markup is read
constexpr std::size_t title_units_max = 512;

std::string as_it_is(std::string_view text) {
  return std::string{text};
}

/// Baton's own words: the text is cut so that the whole fits, and escaped afterwards.
std::string own_words(const message& what, bool marked) {
  const auto title = cut_to_units(repair_utf8(what.title), title_units_max);
  const auto next = cut_to_units(repair_utf8(what.next), title_units_max);
  const auto room = text_units_max - utf16_units(title) - utf16_units(next) - 2;
  auto text = cut_to_units(repair_utf8(what.text), room);
  if (!text.empty() && !text.ends_with('\n'))
    text += '\n';
  if (!marked)
    return title + "\n" + text + next;
  return "<b>" + with_entities(title) + "</b>\n" + with_entities(text)
         + (next.empty() ? "" : "<code>" + with_entities(next) + "</code>");
}

/// How long it is once the markup is read.
std::size_t visible_units(const std::string& html) {
  std::string plain;
  bool in_tag = false;
  for (const char c : html) {
    in_tag = in_tag || c == '<';
    if (!in_tag)
      plain += c;
    in_tag = in_tag && c != '>';
  }
  return utf16_units(plain); // an entity counts for more than it is: never too long by that
}

/// A template's words; its text is cut until the whole fits.
std::string by_template(const message& what) {
  auto fitted = what;
  fitted.text = repair_utf8(what.text);
  fitted.title = cut_to_units(repair_utf8(what.title), title_units_max);
  for (int tries = 0; tries < 8; ++tries) {
    auto html = render(what.text_template, fitted, &with_entities);
    const auto units = visible_units(html);
    if (units <= text_units_max)
      return html;
    const auto has = utf16_units(fitted.text);
    const auto over = units - text_units_max;
    fitted.text = cut_to_units(fitted.text, has > over ? has - over : has / 2);
    fitted.error = cut_to_units(fitted.error, title_units_max);
  }
  return own_words(what, true);
}

std::string plain_words(const message& what) {
  if (what.text_template.empty())
    return own_words(what, false);
  return cut_to_units(render(what.text_template, what, &as_it_is), text_units_max);
}

struct api_answer {
  int status = 0;
  bool ok = false;
  std::string description;
  std::optional<duration> retry_after;
  std::string moved_to;
};

api_answer read_answer(const http_reply& reply) {
  api_answer made;
  made.status = reply.status;
  made.retry_after = reply.retry_after;
  const auto body = json::parse(reply.body, nullptr, false);
  if (!body.is_object()) {
    // An answer that is too long to be kept whole was one all the same.
    made.ok = reply.body.starts_with(R"({"ok":true,)");
    made.description = said(reply.body);
    return made;
  }
  // What is not as it should be says nothing; `ok` alone tells whether the message was taken.
  if (const auto ok = body.find("ok"); ok != body.end() && ok->is_boolean())
    made.ok = ok->get<bool>();
  if (const auto text = body.find("description"); text != body.end() && text->is_string())
    made.description = said(text->get<std::string>());
  const auto more = body.find("parameters");
  if (more == body.end() || !more->is_object())
    return made;
  constexpr std::int64_t day = 86'400;
  if (const auto pause = more->find("retry_after");
      pause != more->end() && pause->is_number_integer() && pause->get<std::int64_t>() > 0)
    made.retry_after = std::chrono::seconds{std::min(pause->get<std::int64_t>(), day)};
  if (const auto chat = more->find("migrate_to_chat_id");
      chat != more->end() && chat->is_number_integer())
    made.moved_to = std::to_string(chat->get<std::int64_t>());
  return made;
}

expected<api_answer> ask(const sending& one, const std::string& token, const std::string& chat,
                         bool marked) {
  ordered_json body{{"chat_id", chat},
                    {"text", !marked                          ? plain_words(one.what)
                             : one.what.text_template.empty() ? own_words(one.what, true)
                                                              : by_template(one.what)}};
  if (marked)
    body["parse_mode"] = "HTML";
  if (one.to.thread > 0)
    body["message_thread_id"] = one.to.thread;
  body["disable_notification"] = one.what.severity <= severity::info;
  body["link_preview_options"] = {{"is_disabled", true}};
  body["disable_web_page_preview"] = true; // of servers before Bot API 7.0
  auto reply = post({one.to.api + "/bot" + token + "/sendMessage",
                     {"Content-Type: application/json"},
                     dump(body),
                     one.to.ca_file,
                     one.deadline},
                    one.stop);
  if (!reply)
    return tl::unexpected<error>{std::move(reply.error())};
  return read_answer(*reply);
}

/// Whether a refusal is of the chat, and not of the message.
bool is_about_chat(const std::string& description) {
  for (const auto* words :
       {"chat not found", "thread not found", "TOPIC_CLOSED", "PEER_ID_INVALID",
        "not enough rights", "have no rights", "CHAT_WRITE_FORBIDDEN", "chat_id is empty"})
    if (description.find(words) != std::string::npos)
      return true;
  return false;
}

send_outcome judge(const api_answer& answer) {
  const auto why = "Telegram answers " + std::to_string(answer.status)
                   + (answer.description.empty() ? "" : ": " + answer.description);
  send_outcome made;
  switch (answer.status) {
  case 429:
    made = try_again(send_fault::throttled, why);
    made.retry_after = answer.retry_after;
    return made;
  case 401:
  case 403:
  case 404:
    return stop_channel(send_fault::unauthorized, why);
  case 400:
    return is_about_chat(answer.description) ? stop_channel(send_fault::unauthorized, why)
                                             : refuse(why);
  default:
    made = try_again(send_fault::server_error, why);
    made.retry_after = answer.retry_after;
    return made;
  }
}

bool is_done(const api_answer& answer) {
  return answer.ok && answer.status >= 200 && answer.status < 300;
}

} // namespace

send_outcome send_telegram(const sending& one) {
  const auto token = read_secret_line(one.to.token_file);
  if (!token)
    return misconfigured(token.error());
  auto chat = one.chat.empty() ? one.to.chat : one.chat;
  std::string moved_to;
  bool marked = true;
  // Moved once, and once without markup: no more than that can be answered by asking again.
  for (int tries = 0;; ++tries) {
    const auto answer = ask(one, *token, chat, marked);
    if (!answer)
      return without_answer(answer.error());
    if (is_done(*answer)) {
      auto made = sent_well();
      made.moved_to = moved_to;
      made.plain = !marked;
      return made;
    }
    const bool unreadable =
        answer->status == 400
        && answer->description.find("can't parse entities") != std::string::npos;
    constexpr int tries_max = 2;
    if (!answer->moved_to.empty() && tries < tries_max)
      chat = moved_to = answer->moved_to;
    else if (unreadable && marked)
      marked = false;
    else {
      auto made = judge(*answer);
      made.moved_to = moved_to;
      return made;
    }
  }
}

} // namespace baton
