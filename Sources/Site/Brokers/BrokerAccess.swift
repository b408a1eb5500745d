package import Basics
package import Domain
import Glibc

/// Who may come into the broker. Each change is on the disk before the broker is told, so that a
/// broker that starts anew knows no more and no less; a broker that has missed one reads it all.
/// A change that the disk does not take is told all the same, since it may shut somebody out, and
/// `settle` makes up for it. On a thread of its own: it waits for the disk.
package actor BrokerAccess {
    private struct Change {
        let generation: UInt64
        let bytes: [UInt8]
        let done: CheckedContinuation<BrokerFault?, Never>?
    }

    /// A change of more is told by the file.
    private static let changeLimit = 512 << 10
    /// Appended to the file before it is written anew.
    private static let appendLimit = 4 << 20

    private let files: BrokerFiles
    private let link: BrokerLink
    private let executor = BlockingExecutor(label: "broker access")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }
    private let log = Log("broker")
    private var file: AccessFile
    private var appended = 0
    private var isWritten = false
    private var queue: [Change] = []
    private var isTelling = false
    private var isInStep = false

    /// - Parameter now: generations of this start are above those of the former.
    package init(files: BrokerFiles, link: BrokerLink, now: Timestamp = .now()) {
        self.files = files
        self.link = link
        file = AccessFile(generation: UInt64(clamping: now.milliseconds))
    }

    package var users: Int { file.users.count }
    package func user(_ name: String) -> BrokerUser? { file.users[name] }

    /// All that there are, at start, before the broker may ask.
    package func replaceAll(_ users: [BrokerUser]) throws(BrokerFault) {
        file.replace(users)
        try writeWhole()
        isInStep = false
    }

    /// New users, and new secrets or rights of old ones. Connections of whoever has another secret
    /// end.
    /// - Parameter removing: who may not come in any more; whoever of them is in goes.
    /// - Throws: `.disk`: the broker knows, if it is there; a new one would not, before `settle`.
    ///   `.away` is not thrown: a broker that is not there reads the file when it comes.
    package func put(
        _ users: [BrokerUser], removing names: [String] = []
    ) async throws(BrokerFault) {
        try await change(put: users, remove: names)
    }

    /// They may not come in any more, and whoever is in goes.
    package func remove(_ names: [String]) async throws(BrokerFault) {
        try await change(remove: names)
    }

    /// Their connections end; they may come in again.
    package func kick(_ names: [String]) async throws(BrokerFault) {
        try await change(kick: names)
    }

    private func change(
        put: [BrokerUser] = [], remove: [String] = [], kick: [String] = []
    ) async throws(BrokerFault) {
        guard let bytes = file.change(put: put, remove: remove, kick: kick) else { return }
        var missed: BrokerFault?
        do throws(BrokerFault) { try write(bytes) } catch { missed = error }
        let generation = file.generation
        let fault = await withCheckedContinuation { continuation in
            queue.append(Change(generation: generation, bytes: bytes, done: continuation))
            if !isTelling { Task { await tell() } }
        }
        if let missed { throw missed }
        if let fault, fault != .away { throw fault }
    }

    /// Whether the disk has all of it, and the broker if it is there.
    var isSettled: Bool { isWritten && (isInStep || !link.isUp) }

    /// Tries again what the disk or the broker did not take. To be called now and then.
    func settle() async throws(BrokerFault) {
        if !isWritten { try writeWhole() }
        if link.isUp, !isInStep { try await synchronize() }
    }

    /// The link has come up: the broker may have missed something.
    package func synchronize() async throws(BrokerFault) {
        isInStep = false
        let fault = await withCheckedContinuation { continuation in
            queue.append(Change(generation: 0, bytes: [], done: continuation))
            if !isTelling { Task { await tell() } }
        }
        if let fault { throw fault }
    }

    // MARK: The disk

    private func write(_ change: [UInt8]) throws(BrokerFault) {
        guard isWritten, appended + change.count <= Self.appendLimit else {
            return try writeWhole()
        }
        guard
            let descriptor = FileDescriptor(
                owning: open(files.access, O_WRONLY | O_APPEND | O_CLOEXEC | O_NOFOLLOW))
        else { return try writeWhole() }
        do throws(SystemError) {
            try Files.write(change, to: descriptor, files.access)
            guard fdatasync(descriptor.raw) == 0 else { throw SystemError("sync \(files.access)") }
            appended += change.count
        } catch {
            // Part of it may be there: the file is no good any more.
            isWritten = false
            try writeWhole()
        }
    }

    private func writeWhole() throws(BrokerFault) {
        do throws(SystemError) {
            try Files.makeDirectory(files.directory)
            try Files.replace(files.access, with: file.whole)
            (appended, isWritten) = (0, true)
        } catch {
            isWritten = overwrite(file.whole)
            guard isWritten else { throw .disk("\(error)") }
            appended = 0
        }
    }

    /// What is there needs no more room. Torn it lets nobody in, left alone it would let in whoever
    /// was removed.
    /// - Returns: whether it fitted.
    private func overwrite(_ bytes: [UInt8]) -> Bool {
        var information = stat()
        guard
            let descriptor = FileDescriptor(
                owning: open(files.access, O_WRONLY | O_CLOEXEC | O_NOFOLLOW)),
            fstat(descriptor.raw, &information) == 0,
            information.st_size >= off_t(bytes.count)
        else { return false }
        do throws(SystemError) { try Files.write(bytes, to: descriptor, files.access) } catch {
            return false
        }
        return ftruncate(descriptor.raw, off_t(bytes.count)) == 0
            && fdatasync(descriptor.raw) == 0
    }

    // MARK: The broker

    /// One after the other: each change needs the one before.
    private func tell() async {
        guard !isTelling else { return }
        isTelling = true
        defer { isTelling = false }
        while let first = queue.first {
            guard isInStep, first.generation > 0, first.bytes.count <= Self.changeLimit else {
                // The file holds all that waits.
                let all = queue
                queue = []
                let fault = await load()
                for change in all { change.done?.resume(returning: fault) }
                continue
            }
            queue.removeFirst()
            let fault: BrokerFault?
            do throws(BrokerFault) {
                try await link.control("change", first.bytes)
                fault = nil
            } catch {
                isInStep = false
                if error != .away { log.warning("the broker did not take a change: \(error)") }
                // A change that was missed: the file has it.
                fault = error == .away ? error : await load()
            }
            first.done?.resume(returning: fault)
        }
    }

    private func askToLoad() async throws(BrokerFault) {
        let generation = file.generation
        isInStep = try await link.control("load", []) >= generation
    }

    private func load() async -> BrokerFault? {
        do throws(BrokerFault) {
            if !isWritten { try writeWhole() }
            do throws(BrokerFault) { try await askToLoad() } catch .refused(let reason) {
                // Somebody else's hand, or a torn write: what we know counts.
                log.warning("the broker's file of users is written anew: \(reason)")
                try writeWhole()
                try await askToLoad()
            }
            return nil
        } catch {
            isInStep = false
            if error != .away { log.error("the broker did not take its users: \(error)") }
            return error
        }
    }
}
