// SPDX-License-Identifier: Apache-2.0
// Which step may begin: ready counts over the plan's graph, the longest path below first.
#pragma once

#include <cstdint>
#include <optional>
#include <queue>
#include <string>
#include <vector>

#include "graph/graph.h"
#include "state/store.h"

namespace verba {

/// The numbers from `first` to before `end`.
std::vector<StepNumber> step_numbers(std::size_t first, std::size_t end);

/// The first nodes are steps, those above are gates: done by themselves once their needs are. Borrows the graph.
/// Linear over a whole run, but for the queue of ready steps.
class Schedule {
 public:
  /// `steps`: the numbers of the steps, by node. `urgency`: of each node, see weight_below(). Larger goes first; equal
  /// ones in the order of the nodes. Gates from `soft` on open when their needs are done or will never be.
  Schedule(const Graph& graph, std::vector<StepNumber> steps, std::vector<std::uint64_t> urgency,
           NodeId soft = ~NodeId{0});

  /// The most urgent step that is ready; it is then running.
  std::optional<StepNumber> take();
  /// Not now after all: ready again.
  void put_back(StepNumber step);
  /// A step is done, or nothing need be done: its users may become ready.
  void finish(StepNumber step) { open_behind(node_of_[step]); }
  /// A step will never be done: marks all that need it but soft gates, and returns the steps among them that were not
  /// marked before, ascending.
  std::vector<StepNumber> block(StepNumber step);

 private:
  struct Ready {
    std::uint64_t urgency;
    NodeId node;
    bool operator<(const Ready& other) const {
      return urgency != other.urgency ? urgency < other.urgency : node > other.node;
    }
  };
  void open_behind(NodeId done);
  void count_down(NodeId done, std::vector<NodeId>& gates);

  const Graph& graph_;
  std::vector<StepNumber> steps_;  ///< by node
  std::vector<NodeId> node_of_;    ///< by step number
  std::vector<std::uint64_t> urgency_;
  NodeId soft_;
  std::vector<std::uint32_t> missing_;  ///< needs that are not done yet
  std::vector<bool> blocked_;
  std::priority_queue<Ready> ready_;
};

}  // namespace verba
