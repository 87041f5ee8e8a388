#pragma once

#include "actors/listener.hpp"
#include "rules/run.hpp"

#include <memory>
#include <mutex>
#include <string>

namespace baton {

/// A run as its durable records have made it, for the thread that hears signals: what a cancel
/// would mean now, and what is known when the process ends at once.
class run_mirror : public observer {
public:
  explicit run_mirror(std::shared_ptr<const plan> of);

  void on_record(const record& what) override;

  /// `rolled back: thinkpad; kept: rtx1080`: what the rules do when the run is cancelled now.
  std::string cancel_words() const;

  /// The result of the run as it stands, without a status.
  result unfinished(time_point now) const;

private:
  std::shared_ptr<const plan> of_;
  mutable std::mutex mutex_; ///< guards now_
  run now_;
};

} // namespace baton
