#include "package_assembly.hpp"

#include <mos/package/package_file.hpp>
#include <mos/package/writer.hpp>

#include <fmt/format.h>

namespace mos::package {

namespace {

Result<std::unique_ptr<base::Source>> open_input(base::Directory &directory, std::string_view name) {
    MOS_TRY(auto file, directory.open_file(name, base::OpenMode::read));
    return base::make_source(std::move(file), std::string{name});
}

}  // namespace

Result<void> sign_package(base::Directory &directory, std::string_view name, crypto::Signer &signer,
                          const Limits &limits) {
    // Nobody should sign a package that no reader would open.
    MOS_TRY(auto checked, open_input(directory, name));
    MOS_TRY(PackageFile file, PackageFile::open(std::move(checked), limits));
    MOS_TRY(const Package package, std::move(file).accept_unverified());

    MOS_TRY(const crypto::Signature signature, signer.sign(signed_message(package.statement_bytes())));
    SignatureArea area = package.signatures();
    area.put(signature);

    MOS_TRY(base::ScratchFile output, base::ScratchFile::create(directory, name, "signed"));
    MOS_TRY(const auto input, open_input(directory, name));
    const Layout layout = layout_of(package.statement(), package.statement_bytes().size());
    MOS_CHECK(output.append_source(*input, layout.end));
    MOS_CHECK(write_signatures(output, layout, package.statement().signature_area_bytes, area, limits));
    return output.keep_as(name);
}

}  // namespace mos::package
