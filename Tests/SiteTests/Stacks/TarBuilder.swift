import Basics
import Glibc
import LinesideTesting

/// Makes archives by hand, so that they can be as wrong as strangers make them.
struct TarBuilder {
    private(set) var bytes: [UInt8] = []

    mutating func add(
        _ path: String, type: Character = "0", content: [UInt8] = [], link: String = "",
        mode: Int = 0o644, claimedSize: Int? = nil
    ) {
        var header = [UInt8](repeating: 0, count: 512)
        func put(_ text: String, _ offset: Int) {
            for (index, byte) in text.utf8.enumerated() { header[offset + index] = byte }
        }
        func octal(_ value: Int, _ digits: Int) -> String {
            let text = String(value, radix: 8)
            return String(repeating: "0", count: digits - text.count) + text
        }
        if path.utf8.count > 100 { addLongName(path) }
        put(String(decoding: path.utf8.prefix(100), as: UTF8.self), 0)
        put(octal(mode, 7), 100)
        put(octal(0, 7), 108)
        put(octal(0, 7), 116)
        put(octal(claimedSize ?? content.count, 11), 124)
        put(octal(0, 11), 136)
        put("        ", 148)
        put(String(type), 156)
        put(link, 157)
        put("ustar", 257)
        put("00", 263)
        put(octal(header.reduce(0) { $0 + Int($1) }, 6) + "\0", 148)
        bytes += header + content
        bytes += [UInt8](repeating: 0, count: (512 - content.count % 512) % 512)
    }

    /// GNU's way to say a name that the header has no room for.
    private mutating func addLongName(_ path: String) {
        add("././@LongLink", type: "L", content: Array(path.utf8) + [0])
    }

    mutating func add(_ path: String, _ text: String, mode: Int = 0o644) {
        add(path, content: Array(text.utf8), mode: mode)
    }

    var finished: [UInt8] { bytes + [UInt8](repeating: 0, count: 1024) }

    /// What `npm pack` makes of node-red, in small.
    static func nodeRED(version: String = "4.1.3") -> TarBuilder {
        var tar = TarBuilder()
        tar.add(
            "package/package.json", #"{"name":"node-red","version":"\#(version)","bin":{}}"#)
        tar.add("package/red.js", "#!/usr/bin/env node\n", mode: 0o4777)
        tar.add("package/node_modules/ws/package.json", #"{"name":"ws","version":"8.0.0"}"#)
        return tar
    }
}

/// Writes the bytes into the directory, through gzip if asked.
func archive(
    _ bytes: [UInt8], in directory: TemporaryDirectory, gzip: Bool = false
) throws -> String {
    let path = "\(directory.path)/archive-\(Identifier<TarBuilder>.random()).tar"
    try Files.replace(path, with: bytes)
    guard gzip else { return path }
    guard system("gzip -f '\(path)'") == 0 else { throw SystemError("gzip") }
    return "\(path).gz"
}
