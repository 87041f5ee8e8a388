#include "runtime/steps/shell_frames.hpp"

#include "runtime/steps/shell_numbers.hpp"

#include <algorithm>
#include <optional>
#include <utility>

namespace baton {

namespace {

constexpr std::size_t noise_bytes_max = 1024 * 1024;
constexpr std::size_t line_bytes_max = 8 * 1024;

std::vector<std::string> split(std::string_view line) {
  std::vector<std::string> words;
  words.reserve(10); // those of a step's report: the most that an answer has
  while (!line.empty()) {
    const auto space = std::min(line.find(' '), line.size());
    if (space > 0)
      words.emplace_back(line.substr(0, space));
    line.remove_prefix(std::min(space + 1, line.size()));
  }
  return words;
}

} // namespace

shell_frames::shell_frames(std::string_view marker) : needle_{std::string{marker} + " "} {}

void shell_frames::feed(std::string_view bytes) {
  if (!broken_.empty())
    return;
  buffer_.append(bytes);
  if (!greeted_)
    greet();
}

void shell_frames::greet() {
  const auto greeting = needle_ + "0 READY\n";
  if (const auto at = buffer_.find(greeting); at != std::string::npos) {
    buffer_.erase(0, at + greeting.size());
    scanned_ = 0;
    greeted_ = true;
    return;
  }
  const auto tail = std::min(buffer_.size(), greeting.size() - 1);
  noise_ += buffer_.size() - tail;
  buffer_.erase(0, buffer_.size() - tail);
  if (noise_ > noise_bytes_max) {
    broken_ = "it prints without end and does not answer";
    buffer_.clear();
  }
}

bool shell_frames::next(frame& out, const std::function<void(std::uint64_t)>& hint) {
  while (broken_.empty() && greeted_) {
    const auto at = buffer_.find(needle_, scanned_);
    if (at == std::string::npos) {
      // never back before a hint that was taken out: what it parted is not one word
      scanned_ = std::max(scanned_, buffer_.size() - std::min(buffer_.size(), needle_.size() - 1));
      if (scanned_ > payload_max_)
        broken_ = "it printed more than was asked for";
      break;
    }
    scanned_ = at;
    const auto begin = at + needle_.size();
    const auto end = buffer_.find('\n', begin);
    if (at > payload_max_ || std::min(end, buffer_.size()) - begin > line_bytes_max) {
      broken_ = "it printed more than was asked for";
      break;
    }
    if (end == std::string::npos)
      return false;
    auto words = split(std::string_view{buffer_}.substr(begin, end - begin));
    const bool is_hint = words.size() == 2 && words[0] == "!";
    const auto id =
        words.empty() ? std::nullopt : parse_number<std::uint64_t>(words[is_hint ? 1 : 0]);
    if (!id) {
      broken_ = "its answer cannot be read";
      break;
    }
    if (is_hint) {
      buffer_.erase(at, end + 1 - at);
      hint(*id);
      continue;
    }
    words.erase(words.begin());
    out.id = *id;
    out.words = std::move(words);
    out.payload.assign(buffer_, 0, at);
    buffer_.erase(0, end + 1);
    scanned_ = 0;
    return true;
  }
  if (!broken_.empty())
    std::string{}.swap(buffer_);
  return false;
}

} // namespace baton
