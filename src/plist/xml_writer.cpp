// The writer: Apple's header, tabs, one element per line.
#include "plist/xml_writer.hpp"

#include "encoding/base64.hpp"

#include <utility>

namespace nanomdm::plist {
namespace {

constexpr std::string_view header = "<?xml version=\"1.0\" encoding=\"UTF-8\"?>\n"
                                    "<!DOCTYPE plist PUBLIC \"-//Apple//DTD PLIST 1.0//EN\" "
                                    "\"http://www.apple.com/DTDs/PropertyList-1.0.dtd\">\n"
                                    "<plist version=\"1.0\">\n";

} // namespace

XmlWriter::XmlWriter() : document_{header} {}

XmlWriter& XmlWriter::begin_dict() {
    indent();
    document_ += "<dict>\n";
    open_.emplace_back("dict");
    return *this;
}

XmlWriter& XmlWriter::begin_array() {
    indent();
    document_ += "<array>\n";
    open_.emplace_back("array");
    return *this;
}

XmlWriter& XmlWriter::end() {
    const auto name = open_.back();
    open_.pop_back();
    indent();
    document_.append("</").append(name).append(">\n");
    return *this;
}

XmlWriter& XmlWriter::key(std::string_view name) { return element("key", name); }

XmlWriter& XmlWriter::string(std::string_view text) { return element("string", text); }

XmlWriter& XmlWriter::integer(std::int64_t value) { return element("integer", std::to_string(value)); }

XmlWriter& XmlWriter::data(std::string_view bytes) {
    indent();
    document_ += "<data>";
    document_ += base64_encode(bytes);
    document_ += "</data>\n";
    return *this;
}

XmlWriter& XmlWriter::boolean(bool value) {
    indent();
    document_ += value ? "<true/>\n" : "<false/>\n";
    return *this;
}

std::string XmlWriter::finish() {
    while (!open_.empty()) end();
    document_ += "</plist>\n";
    return std::move(document_);
}

XmlWriter& XmlWriter::element(std::string_view name, std::string_view text) {
    indent();
    document_.append("<").append(name).append(">");
    escape(text);
    document_.append("</").append(name).append(">\n");
    return *this;
}

void XmlWriter::indent() { document_.append(open_.size(), '\t'); }

/// A carriage return is written as a reference: XML reads a bare one as a line feed.
void XmlWriter::escape(std::string_view text) {
    for (const char c : text) {
        switch (c) {
        case '&':
            document_ += "&amp;";
            break;
        case '<':
            document_ += "&lt;";
            break;
        case '>':
            document_ += "&gt;";
            break;
        case '\r':
            document_ += "&#13;";
            break;
        default:
            document_ += c;
        }
    }
}

} // namespace nanomdm::plist
