import Basics
import Glibc
import Processes

/// What the broker keeps over its restarts. Where it cannot load that, it ends at each start, and
/// everybody is shut out until it begins anew without.
struct BrokerDatabase: Sendable {
    private let files: BrokerFiles
    /// Ends in a row without having taken us in.
    private var failures = 0
    private var logOffset: off_t = 0

    /// 2: the first may have been the moment's. 3 where the broker did not say why.
    private static let saidLimit = 2
    private static let silentLimit = 3
    private static let tail = 4_096

    init(_ files: BrokerFiles) { self.files = files }

    /// A start is about to be made: what the log holds is of others.
    mutating func begins() { logOffset = Self.size(files.log) ?? 0 }

    /// It has taken us in.
    mutating func serves() { failures = 0 }

    /// - Returns: whether the database was moved aside, so that the next start has none.
    mutating func ended(_ status: ExitStatus) -> Bool {
        guard (Self.size(files.database) ?? 0) > 0 else { return false }
        switch status {
        case .code:
            guard said().contains("Couldn't open database") else { return false }
            failures += 1
            guard failures >= Self.saidLimit else { return false }
        case .signal(let number) where number != SIGTERM && number != SIGINT:
            failures += 1
            guard failures >= Self.silentLimit else { return false }
        default: return false
        }
        failures = 0
        return rename(files.database, files.asideDatabase) == 0
    }

    /// Whether one that could not be loaded still lies there. Nothing takes it away but a person.
    var isAside: Bool { Self.size(files.asideDatabase) != nil }

    private func said() -> String {
        guard
            let file = FileDescriptor(
                owning: open(files.log, O_RDONLY | O_CLOEXEC | O_NOFOLLOW)),
            let size = Self.size(files.log)
        else { return "" }
        let start = max(size < logOffset ? 0 : logOffset, size - off_t(Self.tail))
        var bytes = [UInt8](repeating: 0, count: Self.tail)
        let count = bytes.withUnsafeMutableBytes {
            pread(file.raw, $0.baseAddress, $0.count, start)
        }
        return String(decoding: bytes.prefix(max(count, 0)), as: UTF8.self)
    }

    private static func size(_ path: String) -> off_t? {
        var information = stat()
        return stat(path, &information) == 0 ? information.st_size : nil
    }
}
