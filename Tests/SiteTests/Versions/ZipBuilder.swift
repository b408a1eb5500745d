/// Makes zip archives of stored files, as every program that packs a folder can read them.
struct ZipBuilder {
    private var local: [UInt8] = []
    private var central: [UInt8] = []
    private var count = 0

    /// - Parameter mode: of Unix; 0o120777 is a symbolic link.
    mutating func add(_ path: String, _ text: String, mode: UInt32 = 0o100644) {
        let content = Array(text.utf8)
        let name = Array(path.utf8)
        let sum = Self.crc32(content)
        let offset = local.count
        let sizes =
            Self.bytes(sum, 4) + Self.bytes(UInt32(content.count), 4)
            + Self.bytes(UInt32(content.count), 4)
        let names = Self.bytes(UInt32(name.count), 2) + Self.bytes(0, 2)
        local += [0x50, 0x4B, 3, 4] + Self.bytes(20, 2) + [UInt8](repeating: 0, count: 8)
        local += sizes + names + name + content
        central += [0x50, 0x4B, 1, 2] + Self.bytes(0x031E, 2) + Self.bytes(20, 2)
        central += [UInt8](repeating: 0, count: 8) + sizes + names
        central += [UInt8](repeating: 0, count: 6)
        central += Self.bytes(mode << 16, 4) + Self.bytes(UInt32(offset), 4) + name
        count += 1
    }

    var finished: [UInt8] {
        local + central + [0x50, 0x4B, 5, 6] + [0, 0, 0, 0] + Self.bytes(UInt32(count), 2)
            + Self.bytes(UInt32(count), 2) + Self.bytes(UInt32(central.count), 4)
            + Self.bytes(UInt32(local.count), 4) + [0, 0]
    }

    private static func bytes(_ value: UInt32, _ count: Int) -> [UInt8] {
        (0..<count).map { UInt8(truncatingIfNeeded: value >> (8 * UInt32($0))) }
    }

    private static func crc32(_ bytes: [UInt8]) -> UInt32 {
        var sum: UInt32 = 0xFFFF_FFFF
        for byte in bytes {
            sum ^= UInt32(byte)
            for _ in 0..<8 { sum = sum & 1 == 1 ? sum >> 1 ^ 0xEDB8_8320 : sum >> 1 }
        }
        return ~sum
    }
}
