// Reading and writing the small files: states, bodies, push certificates.
#include "storage/file/enrollment_files.hpp"

#include "storage/file/text_block.hpp"

#include <cerrno>

namespace nanomdm::storage::file {
namespace {

constexpr std::string_view new_suffix = ".new";

std::string state_path(const Layout& layout, std::string_view id) { return layout.enrollment(id) + "/state"; }

} // namespace

std::optional<std::string> EnrollmentFiles::body(std::string_view id, Body body) const {
    return read_file(files_, layout_.enrollment(id) + "/" + body_file_names[number_of(body)]);
}

std::optional<std::string> EnrollmentFiles::state(std::string_view id) const {
    return read_file(files_, state_path(layout_, id));
}

void EnrollmentFiles::write(std::string_view id, const std::string& state, const EnrollmentChanges& changes) {
    const std::string directory = layout_.enrollment(id);
    const std::string new_state = directory + "/state" + std::string{new_suffix};
    try {
        write_file(files_, new_state, state);
    } catch (const FileError& error) {
        if (error.number() != ENOENT) throw;
        files_.make_directory(layout_.enrollment_shelf(id));
        files_.make_directory(directory);
        write_file(files_, new_state, state);
    }
    for (std::size_t i = 0; i < body_count; ++i) {
        const auto& change = changes.bodies[i];
        if (!change.is_changed) continue;
        const std::string path = directory + "/" + body_file_names[i];
        if (change.bytes)
            write_file(files_, path, *change.bytes);
        else
            files_.remove(path);
    }
}

void EnrollmentFiles::put_state_in_place(std::string_view id) {
    const std::string path = state_path(layout_, id);
    files_.put_in_place(path + std::string{new_suffix}, path);
}

void EnrollmentFiles::each_directory(const std::function<void(const std::string& path)>& visit) const {
    for (const auto& shelf : files_.list(layout_.enrollments())) {
        const std::string path = layout_.enrollments() + "/" + shelf;
        for (const auto& name : files_.list(path)) visit(path + "/" + name);
    }
}

void PushCertificateFiles::write(const std::string& topic, const StoredPushCertificate& certificate) {
    TextBlock block{"push-certificate"};
    block.set("lsn", certificate.lsn)
        .set("topic", topic)
        .set("certificate", certificate.certificate_pem.size());
    write_file(files_, layout_.push_certificate(topic) + std::string{new_suffix},
               block.encoded(certificate.certificate_pem + certificate.private_key_pem));
}

void PushCertificateFiles::put_in_place(const std::string& topic) {
    const std::string path = layout_.push_certificate(topic);
    files_.rename(path + std::string{new_suffix}, path);
}

void PushCertificateFiles::read_all(Index& index) const {
    for (const auto& name : files_.list(layout_.push_certificates())) {
        if (name.ends_with(new_suffix)) continue; // a crash came before it was in place
        const std::string path = layout_.push_certificates() + "/" + name;
        const auto bytes = read_file(files_, path).value_or("");
        TextBlocks walk{bytes};
        const auto block = walk.next();
        if (!block || block->number("certificate") > block->payload().size())
            throw Error{Errc::corrupt, "push certificate file is damaged: " + path};
        const auto length = block->number("certificate");
        index.put_push_certificate(block->text("topic"),
                                   {std::string{block->payload().substr(0, length)},
                                    std::string{block->payload().substr(length)}, block->number("lsn")});
    }
}

} // namespace nanomdm::storage::file
