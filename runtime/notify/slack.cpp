#include "runtime/notify/senders.hpp"

#include "messages/json.hpp"
#include "runtime/log/utf8.hpp"
#include "runtime/notify/render.hpp"
#include "runtime/notify/secret_line.hpp"
#include "runtime/notify/text.hpp"

namespace baton {

namespace {

constexpr std::size_t section_max = 2'900; // Slack takes 3000 characters
constexpr std::size_t title_max = 300;

ordered_json section(const std::string& text) {
  return {{"type", "section"}, {"text", {{"type", "mrkdwn"}, {"text", text}}}};
}

std::string fitting(std::string_view text, std::size_t most) {
  return with_entities(cut_to_escaped(repair_utf8(text), most));
}

/// A template's words; what is filled in is cut until the whole fits, markup and entities never.
std::string words_by_template(const message& what) {
  auto fitted = what;
  fitted.title = cut_to_escaped(repair_utf8(one_line(what.title)), title_max);
  fitted.text = repair_utf8(what.text);
  for (auto room = section_max; room > 0; room /= 2) {
    auto text = render(what.text_template, fitted, &with_entities);
    if (text.size() <= section_max)
      return text;
    fitted.text = cut_to_escaped(fitted.text, room / 2);
    fitted.error = cut_to_escaped(fitted.error, room / 2);
  }
  return "*" + fitting(one_line(what.title), title_max) + "*\n"
         + fitting(what.text, section_max / 2);
}

std::string slack_payload(const message& what) {
  auto blocks = ordered_json::array();
  if (what.text_template.empty()) {
    blocks.push_back(section("*" + fitting(one_line(what.title), title_max) + "*"));
    if (!what.text.empty())
      blocks.push_back(section(fitting(what.text, section_max)));
    if (!what.next.empty())
      blocks.push_back(section("`" + fitting(one_line(what.next), title_max) + "`"));
  } else {
    // The markup is the template's, only what is filled in is escaped.
    blocks.push_back(section(words_by_template(what)));
  }
  return dump({{"text", fitting(one_line(what.title), title_max)}, {"blocks", std::move(blocks)}});
}

} // namespace

send_outcome send_slack(const sending& one) {
  const auto url = read_secret_line(one.to.url_file);
  if (!url)
    return misconfigured(url.error());
  const auto reply = post({*url,
                           {"Content-Type: application/json"},
                           slack_payload(one.what),
                           one.to.ca_file,
                           one.deadline},
                          one.stop);
  if (!reply)
    return without_answer(reply.error());
  if (reply->status >= 200 && reply->status < 300)
    return sent_well();
  const auto why = "Slack answers " + std::to_string(reply->status) + ": " + said(reply->body);
  if (reply->status == 429 || reply->status >= 500 || reply->status < 400) {
    auto made =
        try_again(reply->status == 429 ? send_fault::throttled : send_fault::server_error, why);
    made.retry_after = reply->retry_after;
    return made;
  }
  // invalid_payload, no_text … are of the message; no_service, channel_is_archived … of the
  // webhook.
  const auto is_of_webhook = [&](const char* words) {
    return reply->body.find(words) != std::string::npos;
  };
  return reply->status == 400 && !is_of_webhook("no_service") && !is_of_webhook("no_team")
                 && !is_of_webhook("no_active_hooks")
             ? refuse(why)
             : stop_channel(send_fault::unauthorized, why);
}

} // namespace baton
