#include "models/registry.hpp"

#include <algorithm>
#include <utility>

#include "core/errors.hpp"
#include "core/text.hpp"
#include "models/fcn.hpp"
#include "models/gat.hpp"
#include "models/gcn.hpp"
#include "models/gin.hpp"
#include "models/layer_list.hpp"
#include "models/lenet.hpp"
#include "models/rnn.hpp"
#include "models/users_code.hpp"

namespace infoplane {
namespace {

template <class Kind>
std::shared_ptr<Network> make(const NetworkInput& input) {
  return std::make_shared<Kind>(input);
}

std::vector<std::pair<std::string, NetworkFactory>>& registry() {
  static std::vector<std::pair<std::string, NetworkFactory>> kinds{
      {"fcn", make<Fcn>}, {"lenet", make<LeNet>}, {"rnn", make<Rnn>},         {"gcn", make<Gcn>},
      {"gin", make<Gin>}, {"gat", make<Gat>},     {"layers", make<LayerList>}};
  return kinds;
}

const NetworkFactory* find(const std::string& kind) {
  for (const auto& [name, factory] : registry()) {
    if (name == kind) return &factory;
  }
  return nullptr;
}

}  // namespace

void register_network(const std::string& kind, NetworkFactory factory) {
  if (find(kind) != nullptr)
    throw UsageError("two networks want to be model.kind = \"" + kind + "\"; call one otherwise");
  registry().emplace_back(kind, std::move(factory));
}

std::vector<std::string> known_networks() {
  std::vector<std::string> kinds;
  for (const auto& [name, factory] : registry()) kinds.push_back(name);
  return kinds;
}

std::shared_ptr<Network> build_network(const NetworkInput& input) {
  const NetworkFactory* factory = find(input.settings.kind);
  if (factory == nullptr) {
    const std::string near = nearest_word(input.settings.kind, known_networks());
    throw UsageError("no network is called so; " +
                     (near.empty() ? "" : "did you mean \"" + near + "\"? ") + "there are " +
                     join(known_networks(), ", ") + " (--plugin brings more)");
  }
  std::shared_ptr<Network> network =
      call_users_code<NetworkError>("making it", [&] { return (*factory)(input); });
  if (!network) throw NetworkError("what was registered for it returned no network");
  return network;
}

}  // namespace infoplane
