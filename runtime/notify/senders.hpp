#pragma once

#include "messages/error.hpp"
#include "runtime/notify/curl_call.hpp"
#include "runtime/notify/send.hpp"

/// For the files of this folder: a function for each kind of channel.

namespace baton {

send_outcome send_telegram(const sending& one);
send_outcome send_slack(const sending& one);
send_outcome send_email(const sending& one);
send_outcome send_webhook(const sending& one);
send_outcome send_command(const sending& one);

send_outcome sent_well();
send_outcome try_again(send_fault fault, std::string why);
send_outcome refuse(std::string why);
send_outcome stop_channel(send_fault fault, std::string why);

/// Of a conversation that did not come to an answer.
send_outcome without_answer(const error& why);
/// Of a file of secrets that cannot be read.
send_outcome misconfigured(const error& why);

/// The beginning of what a server says, on one line, for people.
std::string said(std::string_view body);

} // namespace baton
