import Basics
import Glibc
import Synchronization

@testable import Site

/// A file system in memory that keeps, beside what is seen, the least that a power cut leaves:
/// content only where it was synced, names only where their directory was. It can fail at the n-th
/// change, or from there on.
final class PowerCutDisk: VaultDisk {
    struct State: Sendable {
        var files: [String: [UInt8]] = [:]
        var directories: Set<String> = [""]
        /// Content that is on the disk, by the file's own number: names move.
        var synced: Set<Int> = []
        var numbers: [String: Int] = [:]
        /// Names that are on the disk, with their files' numbers and contents.
        var durable: [String: (number: Int, bytes: [UInt8])] = [:]
        var durableDirectories: Set<String> = []
        var next = 0
        var changes = 0
        var failAt: Int?
        var failure = ENOSPC
        /// Names that were given to content that no power cut keeps.
        var early: [String] = []
    }

    private let state = Mutex(State())

    var changes: Int { state.withLock { $0.changes } }
    var early: [String] { state.withLock { $0.early } }
    var files: [String: [UInt8]] { state.withLock { $0.files } }

    func fail(atChange number: Int?, with code: Int32 = ENOSPC) {
        state.withLock { state in
            state.failAt = number.map { state.changes + $0 }
            state.failure = code
        }
    }

    /// What is there after a power cut, in the worst case.
    func afterPowerCut() -> PowerCutDisk {
        let disk = PowerCutDisk()
        let kept = state.withLock { $0 }
        disk.state.withLock { state in
            state.directories = kept.durableDirectories.union([""])
            for (path, file) in kept.durable
            where state.directories.contains(Files.parent(of: "/" + path).trimmed) {
                state.next += 1
                state.numbers[path] = state.next
                state.files[path] = kept.synced.contains(file.number) ? file.bytes : []
                state.synced.insert(state.next)
                state.durable[path] = (state.next, state.files[path] ?? [])
            }
            state.durableDirectories = state.directories
        }
        return disk
    }

    func replace(_ path: String, with bytes: [UInt8]?) {
        state.withLock { $0.files[path] = bytes }
    }

    private func change<Value>(
        _ body: (inout State) throws(SystemError) -> Value
    ) throws(SystemError) -> Value {
        let result: Result<Value, SystemError> = state.withLock { state in
            state.changes += 1
            if state.failAt == state.changes {
                return .failure(SystemError("write", code: state.failure))
            }
            do throws(SystemError) { return .success(try body(&state)) } catch {
                return .failure(error)
            }
        }
        return try result.get()
    }

    func read(_ path: String, limit: ByteCount) throws(SystemError) -> [UInt8] {
        guard let bytes = state.withLock({ $0.files[path] }) else {
            throw SystemError("open \(path)", code: ENOENT)
        }
        guard bytes.count <= limit.bytes else { throw SystemError("read \(path)", code: EFBIG) }
        return bytes
    }

    func open(_ path: String) throws(SystemError) -> FileDescriptor {
        let bytes = try read(path, limit: .mebibytes(512))
        var name = Array("/tmp/lineside-vault-XXXXXX".utf8CString)
        guard let file = FileDescriptor(owning: mkstemp(&name)) else {
            throw SystemError("make a file")
        }
        unlink(name)
        try Files.write(bytes, to: file, path)
        lseek(file.raw, 0, SEEK_SET)
        return file
    }

    func create(_ path: String, _ bytes: [UInt8]) throws(SystemError) {
        try change { (state: inout State) throws(SystemError) in
            guard state.files[path] == nil else { throw SystemError(path, code: EEXIST) }
            state.next += 1
            state.numbers[path] = state.next
            state.files[path] = bytes
        }
    }

    func sync(_ path: String) throws(SystemError) {
        try change { (state: inout State) throws(SystemError) in
            if let number = state.numbers[path], state.files[path] != nil {
                state.synced.insert(number)
            } else if state.directories.contains(path) {
                Self.syncNames(in: path, &state)
            } else {
                throw SystemError("sync \(path)", code: ENOENT)
            }
        }
    }

    private static func syncNames(in folder: String, _ state: inout State) {
        let prefix = folder.isEmpty ? "" : folder + "/"
        state.durable = state.durable.filter { path, _ in
            !path.hasPrefix(prefix) || state.files[path] != nil
        }
        for (path, bytes) in state.files where path.hasPrefix(prefix) {
            if let number = state.numbers[path] { state.durable[path] = (number, bytes) }
        }
        if folder.isEmpty { state.durableDirectories = state.directories }
    }

    func syncAll() throws(SystemError) {
        try change { (state: inout State) throws(SystemError) in
            for path in state.files.keys {
                if let number = state.numbers[path] { state.synced.insert(number) }
            }
            Self.syncNames(in: "", &state)
        }
    }

    func move(_ path: String, to target: String) throws(SystemError) {
        try change { (state: inout State) throws(SystemError) in
            guard let bytes = state.files[path], let number = state.numbers[path] else {
                throw SystemError("rename \(path)", code: ENOENT)
            }
            guard state.directories.contains(Files.parent(of: "/" + target).trimmed) else {
                throw SystemError("rename \(path)", code: ENOENT)
            }
            if !state.synced.contains(number) { state.early.append(target) }
            state.files[path] = nil
            state.numbers[path] = nil
            state.files[target] = bytes
            state.numbers[target] = number
        }
    }

    func remove(_ path: String) throws(SystemError) {
        state.withLock { state in
            state.files[path] = nil
            state.numbers[path] = nil
        }
    }

    func exists(_ path: String) -> Bool {
        state.withLock { $0.files[path] != nil || $0.directories.contains(path) }
    }

    func makeDirectory(_ path: String) throws(SystemError) {
        try change { (state: inout State) throws(SystemError) in
            _ = state.directories.insert(path)
        }
    }

    func each(
        in path: String, _ body: (_ name: String, _ size: Int, _ blocks: Int) -> Void
    ) throws(SystemError) {
        let files = state.withLock { $0.files }
        for (name, bytes) in files.sorted(by: { $0.key < $1.key }) {
            guard name.hasPrefix(path + "/") else { continue }
            body(
                String(name.dropFirst(path.utf8.count + 1)), bytes.count,
                (bytes.count + 4095) / 4096 * 4096)
        }
    }
}

extension String {
    /// Without the slash at its beginning.
    fileprivate var trimmed: String { String(drop { $0 == "/" }) }
}
