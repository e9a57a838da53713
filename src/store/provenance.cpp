#include "store/provenance.hpp"

#include <fmt/format.h>

#include "store/hdf5.hpp"

namespace infoplane {

void write_provenance(hid_t file, const Provenance& provenance) {
  for (const auto& [name, value] : provenance) {
    std::visit([&, &key = name](const auto& v) { h5::set_attribute(file, key, v); }, value);
  }
}

Provenance read_provenance(hid_t file) {
  Provenance provenance;
  for (const std::string& name : h5::attribute_names(file)) {
    const h5::Id attribute =
        h5::attribute_id(H5Aopen(file, name.c_str(), H5P_DEFAULT), "read attribute " + name);
    const h5::Id type = h5::type_id(H5Aget_type(attribute.get()));
    const h5::Id space = h5::space_id(H5Aget_space(attribute.get()));
    // Whatever else somebody has added to the file is not ours.
    if (H5Sget_simple_extent_npoints(space.get()) != 1) continue;
    switch (H5Tget_class(type.get())) {
      case H5T_STRING:
        provenance.emplace_back(name, h5::string_attribute(file, name));
        break;
      case H5T_INTEGER:
        provenance.emplace_back(name, h5::integer_attribute(file, name));
        break;
      case H5T_FLOAT: {
        double value = 0;
        h5::check(H5Aread(attribute.get(), H5T_NATIVE_DOUBLE, &value), "read attribute " + name);
        provenance.emplace_back(name, value);
        break;
      }
      default:
        break;
    }
  }
  return provenance;
}

void require_format(hid_t file, const std::string& title) {
  const std::string found =
      h5::has_attribute(file, "title") ? h5::string_attribute(file, "title") : "";
  if (found != title)
    throw h5::Failure(fmt::format("its title is \"{}\", not \"{}\"", found, title));
  const std::int64_t version = h5::integer_attribute(file, "format_version");
  if (version != format_version) {
    throw h5::Failure(
        fmt::format("its format version is {}, this infoplane reads {}", version, format_version));
  }
}

}  // namespace infoplane
