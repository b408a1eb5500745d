import Basics
import Glibc

/// Which Node.js a stack carries, without running it.
enum NodeVersion {
    /// From the header that Node.js ships, else from the address of its source that its program
    /// holds.
    static func read(root: String) -> (version: String?, abi: Int?) {
        let header = "\(root)/node/include/node/node_version.h"
        if let bytes = try? Files.read(header, limit: .kibibytes(64)) {
            let found = definitions(String(decoding: bytes, as: UTF8.self))
            if let major = found["NODE_MAJOR_VERSION"], let minor = found["NODE_MINOR_VERSION"],
                let patch = found["NODE_PATCH_VERSION"]
            {
                let abi = found["NODE_MODULE_VERSION"] ?? abis[major]
                return ("\(major).\(minor).\(patch)", abi)
            }
        }
        guard let version = inProgram("\(root)/node/bin/node") else { return (nil, nil) }
        return (version, Int(version.prefix { $0 != "." }).flatMap { abis[$0] })
    }

    /// NODE_MODULE_VERSION by major version (nodejs/node, doc/abi_version_registry.json).
    private static let abis = [
        18: 108, 19: 111, 20: 115, 21: 120, 22: 127, 23: 131, 24: 137, 25: 141,
    ]

    private static func definitions(_ text: String) -> [String: Int] {
        var found: [String: Int] = [:]
        for line in text.split(whereSeparator: \.isNewline) {
            let words = line.split(separator: " ")
            guard words.count == 3, words[0] == "#define", let value = Int(words[2]) else {
                continue
            }
            found[String(words[1])] = value
        }
        return found
    }

    // Stands in the program, with the version behind it; nobody is asked.
    private static let sign = Array("https://nodejs.org/download/release/v".utf8)

    private static func inProgram(_ path: String) -> String? {
        var found: String?
        var tail: [UInt8] = []
        try? Files.readPieces(path) { piece throws(SystemError) in
            guard found == nil else { return }
            let window = tail + piece
            found = version(in: window)
            tail = Array(window.suffix(sign.count + 16))
        }
        return found
    }

    static func version(in bytes: [UInt8]) -> String? {
        bytes.withUnsafeBytes { buffer in
            guard let base = buffer.baseAddress else { return nil }
            var start = 0
            while start + sign.count + 16 <= buffer.count,
                let hit = memchr(base + start, Int32(sign[0]), buffer.count - start - sign.count)
            {
                let index = UnsafeRawPointer(hit) - base
                start = index + 1
                guard memcmp(hit, sign, sign.count) == 0 else { continue }
                let digits = buffer[(index + sign.count)...].prefix(16).prefix {
                    (0x30...0x39).contains($0) || $0 == 0x2E
                }
                let parts = digits.split(separator: 0x2E)
                if parts.count == 3 { return String(decoding: digits, as: UTF8.self) }
            }
            return nil
        }
    }
}
