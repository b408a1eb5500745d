import Basics
import Domain
import Glibc
import LinesideTesting
import Store

/// A registry on a disk that somebody fills, and frees again.
struct FullDisk {
    let directory: TemporaryDirectory
    let registry: Database
    var path: String { "\(directory.path)/registry.db" }

    init() async throws {
        directory = try TemporaryDirectory()
        registry = try await Database(
            path: "\(directory.path)/registry.db", limit: .mebibytes(2))
    }

    private var ballast: AuditStore { Stores(registry: registry, history: registry).audit }

    func fill() async throws {
        for size in [20_000, 500, 1] {
            let event = AuditEvent(
                kind: "test.ballast", text: String(repeating: "x", count: size))
            // One that does not fit here may fit there.
            var failures = 0
            while failures < 20 {
                do throws(StoreError) { try await ballast.record(event, by: .site) } catch {
                    guard error == .full else { throw error }
                    failures += 1
                }
            }
        }
    }

    func free() async throws {
        _ = try await registry.write { (tx: borrowing Transaction) throws(StoreError) in
            try tx.run(BallastSQL.free)
        }
    }
}

private enum BallastSQL: String {
    case free = "DELETE FROM audit_event WHERE kind = 'test.ballast'"
}

/// A file system of 1 MB; `nil` without the right to mount one.
struct SmallFileSystem {
    let path: String

    init?(_ directory: String) throws {
        path = "\(directory)/small"
        try Files.makeDirectory(path)
        guard mount("lineside", path, "tmpfs", 0, "size=1m") == 0 else { return nil }
    }

    /// To the last byte.
    func fill() {
        for size in [65_536, 4_096, 1] {
            for number in 0..<1_000 {
                let file = "\(path)/ballast-\(size)-\(number)"
                guard (try? Files.replace(file, with: [UInt8](repeating: 1, count: size))) != nil
                else { break }
            }
        }
    }

    func end() { umount2(path, 2) }
}
