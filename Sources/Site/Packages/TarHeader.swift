/// What stands before a file in a tar archive (POSIX ustar), the same for the same file on every
/// machine: no owner, no time of its own.
enum TarHeader {
    static let block = 512
    /// Two empty blocks.
    static let end = [UInt8](repeating: 0, count: 2 * block)
    /// 26 October 1985, which npm gives to every file that it packs.
    private static let time = 499_162_500

    /// - Parameter path: with `/` between its parts; up to 255 bytes take one block, longer ones
    ///   an extended header (pax) besides.
    static func bytes(path: String, size: Int, isExecutable: Bool) -> [UInt8] {
        let mode = isExecutable ? 0o755 : 0o644
        if let (prefix, name) = split(path) {
            return header(name: name, prefix: prefix, size: size, mode: mode, type: "0")
        }
        let record = paxRecord("path", path)
        let short = Array("PaxHeader/path".utf8)
        return header(name: short, prefix: [], size: record.count, mode: 0o644, type: "x")
            + padded(record)
            + header(
                name: Array("package/long".utf8), prefix: [], size: size, mode: mode, type: "0")
    }

    /// How many bytes fill up the last block of a file.
    static func padding(_ size: Int) -> Int { (block - size % block) % block }

    private static func padded(_ bytes: [UInt8]) -> [UInt8] {
        bytes + [UInt8](repeating: 0, count: padding(bytes.count))
    }

    /// `nil` where ustar cannot say it.
    private static func split(_ path: String) -> (prefix: [UInt8], name: [UInt8])? {
        let bytes = Array(path.utf8)
        if bytes.count <= 100 { return ([], bytes) }
        for index in bytes.indices where bytes[index] == 0x2F && bytes.count - index - 1 <= 100 {
            guard index <= 155, index + 1 < bytes.count else { return nil }
            return (Array(bytes[..<index]), Array(bytes[(index + 1)...]))
        }
        return nil
    }

    private static func header(
        name: [UInt8], prefix: [UInt8], size: Int, mode: Int, type: Character
    ) -> [UInt8] {
        var block = [UInt8](repeating: 0, count: Self.block)
        func put(_ bytes: some Collection<UInt8>, at start: Int) {
            block.replaceSubrange(start..<start + bytes.count, with: bytes)
        }
        func octal(_ number: Int, digits: Int) -> [UInt8] {
            let text = String(number, radix: 8)
            return Array((String(repeating: "0", count: max(0, digits - text.count)) + text).utf8)
        }
        put(name, at: 0)
        put(octal(mode, digits: 7), at: 100)
        put(octal(0, digits: 7), at: 108)
        put(octal(0, digits: 7), at: 116)
        put(octal(size, digits: 11), at: 124)
        put(octal(time, digits: 11), at: 136)
        put([UInt8](repeating: 0x20, count: 8), at: 148)
        put(Array(String(type).utf8), at: 156)
        put(Array("ustar".utf8), at: 257)
        put(Array("00".utf8), at: 263)
        put(prefix, at: 345)
        let sum = block.reduce(0) { $0 + Int($1) }
        put(octal(sum, digits: 6) + [0, 0x20], at: 148)
        return block
    }

    /// Its length counts itself.
    private static func paxRecord(_ key: String, _ value: String) -> [UInt8] {
        let rest = " \(key)=\(value)\n"
        var length = rest.utf8.count + 1
        while "\(length)".utf8.count + rest.utf8.count != length { length += 1 }
        return Array("\(length)\(rest)".utf8)
    }
}
