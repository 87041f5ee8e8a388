#include "runtime/notify/senders.hpp"

#include "messages/json.hpp"
#include "messages/json_time.hpp"
#include "runtime/notify/render.hpp"
#include "runtime/notify/secret_line.hpp"

#include <utility>

namespace baton {

namespace {

std::string webhook_payload(const message& what) {
  auto hosts = ordered_json::object();
  for (const auto& one : what.hosts)
    hosts[one.host] = {{"serves", one.serves}, {"health", one.health}, {"commit", one.commit}};
  const auto as_it_is = [](std::string_view text) { return std::string{text}; };
  return dump({{"schema", 1},
               {"id", what.id},
               {"event", what.event},
               {"severity", to_string(what.severity)},
               {"at", format_time(what.at)},
               {"reminder", what.nth},
               {"fleet", what.fleet},
               {"environment", what.environment},
               {"run", what.run},
               {"status", what.status},
               {"phase", what.phase},
               {"host", what.host},
               {"commit", what.commit},
               {"error", what.error},
               {"title", what.title},
               {"text", what.text_template.empty() ? what.text
                                                   : render(what.text_template, what, as_it_is)},
               {"hosts", std::move(hosts)},
               {"next", what.next}});
}

send_outcome judge(const http_reply& reply) {
  const auto why = "it answers " + std::to_string(reply.status) + ": " + said(reply.body);
  switch (reply.status) {
  case 401:
  case 403:
  case 404:
  case 405:
  case 410:
    return stop_channel(send_fault::unauthorized, why);
  case 301:
  case 302:
  case 303:
  case 307:
  case 308:
    return stop_channel(send_fault::misconfigured, why + "; write the URL that it leads to");
  default:
    break;
  }
  const bool later = reply.status == 408 || reply.status == 425 || reply.status == 429;
  if (reply.status >= 400 && reply.status < 500 && !later)
    return refuse(why);
  auto made =
      try_again(reply.status == 429 ? send_fault::throttled : send_fault::server_error, why);
  made.retry_after = reply.retry_after;
  return made;
}

} // namespace

send_outcome send_webhook(const sending& one) {
  http_post request{
      one.to.url, {"Content-Type: application/json"}, {}, one.to.ca_file, one.deadline};
  if (!one.to.url_file.empty()) {
    auto url = read_secret_line(one.to.url_file);
    if (!url)
      return misconfigured(url.error());
    request.url = std::move(*url);
  }
  if (!one.to.token_file.empty()) {
    const auto token = read_secret_line(one.to.token_file);
    if (!token)
      return misconfigured(token.error());
    request.headers.push_back("Authorization: Bearer " + *token);
  }
  request.headers.push_back("Idempotency-Key: " + one.what.id);
  request.body = webhook_payload(one.what);
  const auto reply = post(request, one.stop);
  if (!reply)
    return without_answer(reply.error());
  return reply->status >= 200 && reply->status < 300 ? sent_well() : judge(*reply);
}

} // namespace baton
