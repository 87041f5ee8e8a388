#pragma once

#include "messages/json.hpp"

#include <prometheus/counter.h>
#include <prometheus/family.h>
#include <prometheus/gauge.h>
#include <prometheus/histogram.h>
#include <prometheus/registry.h>

#include <functional>
#include <map>
#include <optional>
#include <string>
#include <utility>
#include <vector>

/// prometheus-cpp's families with what they lack: histograms that know their buckets, labels that
/// are known beforehand, and values that can be taken over from an earlier process. For metrics/
/// alone.

namespace baton {

using metric_labels = std::map<std::string, std::string>;

/// The values of series, by family and labels: one number, or of a histogram the count of each
/// bucket and then the sum.
using series_values = std::map<std::string, std::map<metric_labels, std::vector<double>>>;

/// Series by series, without those where there is no difference.
series_values minus(const series_values& now, const series_values& before);

ordered_json to_json(const series_values& all);
/// Nothing when it is of another form.
std::optional<series_values> values_from_json(const json& all);

class counter_family {
public:
  explicit counter_family(prometheus::Family<prometheus::Counter>& in) : in_(&in) {}
  prometheus::Counter& at(const metric_labels& labels) const { return in_->Add(labels); }

private:
  prometheus::Family<prometheus::Counter>* in_;
};

class gauge_family {
public:
  explicit gauge_family(prometheus::Family<prometheus::Gauge>& in) : in_(&in) {}
  prometheus::Gauge& at(const metric_labels& labels) const { return in_->Add(labels); }
  /// A series that is over, so that it does not live on with its last value.
  void remove(const metric_labels& labels) const { in_->Remove(&at(labels)); }

private:
  prometheus::Family<prometheus::Gauge>* in_;
};

class histogram_family {
public:
  histogram_family(prometheus::Family<prometheus::Histogram>& in, std::vector<double> edges)
      : in_(&in), edges_(std::move(edges)) {}
  prometheus::Histogram& at(const metric_labels& labels) const { return in_->Add(labels, edges_); }

private:
  prometheus::Family<prometheus::Histogram>* in_;
  std::vector<double> edges_;
};

/// What is told of a family without any series of it.
struct family_words {
  std::string name;
  std::string type; ///< counter, gauge, histogram
  std::vector<std::string> labels;
  std::string help;
};

/// A registry whose families are made by these members, each name once.
class family_registry {
public:
  using label_names = std::vector<std::string>;

  counter_family counter(const char* name, const char* help, label_names labels = {});
  gauge_family gauge(const char* name, const char* help, label_names labels = {});
  histogram_family histogram(const char* name, const char* help, std::vector<double> edges,
                             label_names labels = {});

  /// All families, by name.
  std::vector<family_words> words() const;
  std::vector<prometheus::MetricFamily> collect() const { return registry_.Collect(); }

  series_values values() const;

  /// Counters and histograms grow by these, gauges become them. False when something does not fit
  /// these families (other names, other labels, other buckets): the rest is taken all the same.
  bool add(const series_values& values);

private:
  using grow = std::function<bool(const metric_labels&, const std::vector<double>&)>;
  struct member {
    family_words words;
    grow take;
  };

  void note(family_words words, grow take);

  prometheus::Registry registry_{prometheus::Registry::InsertBehavior::Throw};
  std::map<std::string, member> members_;
};

} // namespace baton
