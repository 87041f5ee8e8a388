#pragma once

#include <cstddef>
#include <cstdint>
#include <functional>
#include <string>
#include <string_view>
#include <vector>

namespace baton {

/// Finds the frames in what a control shell prints: bytes, then the marker and the rest of its
/// line. Holds at most what `payload_max` allows, and says when a peer exceeds that.
class shell_frames {
public:
  struct frame {
    std::uint64_t id = 0;
    std::vector<std::string> words; ///< what follows the id behind the marker
    std::string payload;            ///< the bytes before the marker
  };

  explicit shell_frames(std::string_view marker);

  /// Takes what came. Before the greeting everything else is dropped.
  void feed(std::string_view bytes);

  /// The next answer into `out`; false when there is none yet. Hints met on the way are given to
  /// `hint` with the id of their request.
  bool next(frame& out, const std::function<void(std::uint64_t)>& hint);

  /// How much payload may be waiting for its frame. At most this and one line is held.
  void payload_max(std::size_t bytes) { payload_max_ = bytes; }

  bool greeted() const { return greeted_; }

  /// The peer does not keep to the protocol: why, in words; empty while it does.
  const std::string& broken() const { return broken_; }

private:
  void greet();

  std::string needle_; ///< marker, space
  std::string buffer_;
  std::size_t scanned_ = 0; ///< no needle begins before this
  std::size_t noise_ = 0;
  std::size_t payload_max_ = 0;
  bool greeted_ = false;
  std::string broken_;
};

} // namespace baton
