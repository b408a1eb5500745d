package import Basics
import Dispatch
import Glibc
import Synchronization

/// Tells when files change (inotify). One for the whole program: the kernel allows a user 128.
package final class FileWatcher: Sendable {
    /// Ends the watch when it goes.
    package final class Watch: Sendable {
        fileprivate let number: Int32
        private let watcher: FileWatcher

        fileprivate init(_ number: Int32, _ watcher: FileWatcher) {
            self.number = number
            self.watcher = watcher
        }

        deinit { watcher.end(number) }
    }

    private let raw: Int32
    private let handlers = Mutex<[Int32: @Sendable () -> Void]>([:])
    // Set once; Dispatch's own calls on a source may come from any thread.
    private nonisolated(unsafe) let source: any DispatchSourceRead
    private static let queue = DispatchQueue(label: "lineside.file-watcher")

    package init() throws(SystemError) {
        let raw = inotify_init1(Int32(IN_CLOEXEC | IN_NONBLOCK))
        guard raw >= 0 else { throw SystemError("watch files") }
        self.raw = raw
        source = DispatchSource.makeReadSource(fileDescriptor: raw, queue: Self.queue)
        source.setEventHandler { [weak self] in self?.read() }
        // Only then: a number that is given away earlier gets another file's events.
        source.setCancelHandler { close(raw) }
        source.activate()
    }

    deinit { source.cancel() }

    /// - Parameter changed: called on a thread of the watcher's; it must be quick.
    package func watch(
        _ path: String, changed: @escaping @Sendable () -> Void
    ) throws(SystemError) -> Watch {
        let number = inotify_add_watch(
            raw, path, UInt32(IN_MODIFY | IN_MOVED_TO | IN_CREATE | IN_DONT_FOLLOW))
        guard number >= 0 else { throw SystemError("watch \(path)") }
        handlers.withLock { $0[number] = changed }
        return Watch(number, self)
    }

    private func end(_ number: Int32) {
        handlers.withLock { _ = $0.removeValue(forKey: number) }
        inotify_rm_watch(raw, number)
    }

    private func read() {
        var buffer = [UInt8](repeating: 0, count: 16_384)
        var changed: Set<Int32> = []
        while true {
            let count = Glibc.read(raw, &buffer, buffer.count)
            guard count > 0 else { break }
            // struct inotify_event: wd, mask, cookie, len (4 bytes each), then `len` bytes of name.
            var offset = 0
            while offset + 16 <= count {
                let (number, length) = buffer.withUnsafeBytes {
                    (
                        $0.loadUnaligned(fromByteOffset: offset, as: Int32.self),
                        $0.loadUnaligned(fromByteOffset: offset + 12, as: UInt32.self)
                    )
                }
                changed.insert(number)
                offset += 16 + Int(length)
            }
        }
        // -1 stands for events that were lost: then everybody looks.
        let called = handlers.withLock { handlers in
            changed.contains(-1)
                ? Array(handlers.values) : changed.compactMap { handlers[$0] }
        }
        for handler in called { handler() }
    }
}
