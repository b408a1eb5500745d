import Basics
import Crypto

/// A small file that is either whole or missing: a line with the SHA-256 of the rest, twice on the
/// disk, so that a torn or rotten one is noticed and the other is taken.
struct SealedFile: Sendable {
    private static let limit = ByteCount.mebibytes(2)

    let path: String

    private var second: String { "\(path).2" }

    /// `nil` where neither is whole.
    func read() -> [UInt8]? { Self.read(path) ?? Self.read(second) }

    /// Whether there is anything, whole or not.
    var exists: Bool { Files.exists(path) || Files.exists(second) }

    func write(_ bytes: [UInt8]) throws(SystemError) {
        let sealed = Array(Hex.encode(Digest.sha256(bytes)).utf8) + [0x0A] + bytes
        try Files.replace(second, with: sealed)
        try Files.replace(path, with: sealed)
    }

    func remove() { for path in [path, second] { try? Files.removeIfThere(path) } }

    private static func read(_ path: String) -> [UInt8]? {
        guard let bytes = try? Files.read(path, limit: limit), bytes.count > 65,
            bytes[64] == 0x0A
        else { return nil }
        let rest = Array(bytes[65...])
        let seal = Array(Hex.encode(Digest.sha256(rest)).utf8)
        return Array(bytes[..<64]) == seal ? rest : nil
    }
}
