package import Basics
import Domain
package import Processes

/// A plain file of a files area, held open while it is sent. Its flows may write in it or cut it
/// meanwhile: a reader sees what is there, and fewer bytes where it was cut.
package actor OpenedFile {
    package nonisolated let item: FileItem
    package nonisolated let entry: HostileEntry
    private let file: FileDescriptor
    private let executor = BlockingExecutor(label: "file-reader")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    init(_ path: FilePath, _ entry: HostileEntry, _ file: consuming FileDescriptor) {
        item = FileItem(path, entry)
        self.entry = entry
        self.file = file
    }

    /// Up to `count` bytes from there; fewer where the file ends.
    package func read(at offset: Int64, count: Int) throws(SystemError) -> [UInt8] {
        try file.read(at: offset, count: count, item.path.text)
    }

    /// As it is now.
    package func current() throws(SystemError) -> HostileEntry {
        try HostileEntry(file, item.path.text)
    }
}
