#pragma once

#include "metrics/family.hpp"

#include <prometheus/collectable.h>
#include <prometheus/metric_family.h>

#include <vector>

namespace baton {

/// The `process_*` families of this process, read from /proc at each call. Any thread may call.
class process_collector : public prometheus::Collectable {
public:
  std::vector<prometheus::MetricFamily> Collect() const override;

  static std::vector<family_words> words();
};

} // namespace baton
