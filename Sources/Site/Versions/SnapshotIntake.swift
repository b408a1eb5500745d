import Basics
import Glibc
import Store

/// Reads uploaded files into what a snapshot holds, and writes it as a file again: one of the
/// formats; a packed Node-RED user directory comes in only.
package actor SnapshotIntake {
    /// For what is unpacked meanwhile; what a kill leaves there is removed by the `UploadInbox`.
    private let directory: String
    private let unpacker: UnpackProcess
    private let executor = BlockingExecutor(label: "snapshot-intake")
    package nonisolated var unownedExecutor: UnownedSerialExecutor {
        executor.asUnownedSerialExecutor()
    }

    /// - Parameter directory: of the `UploadInbox`.
    package init(directory: String, unpacker: UnpackProcess = UnpackProcess()) {
        self.directory = directory
        self.unpacker = unpacker
    }

    /// - Parameters:
    ///   - path: a whole upload; stays the caller's.
    ///   - passphrase: that of the file, or the `credentialSecret` of a user directory.
    package func read(
        _ path: String, passphrase: String?
    ) throws(VersionFault) -> SnapshotContent {
        guard let file = FileDescriptor(owning: open(path, O_RDONLY | O_CLOEXEC)) else {
            throw .system(SystemError("open the upload"))
        }
        var head = [UInt8](repeating: 0, count: 2)
        let count = pread(file.raw, &head, head.count, 0)
        let isArchive = count == 2 && (head == [0x50, 0x4B] || head == [0x1F, 0x8B])
        guard isArchive else {
            let bytes: [UInt8]
            do throws(SystemError) {
                bytes = try Files.read(path, limit: ByteCount(SnapshotFormat.largest))
            } catch {
                guard error.code == EFBIG else { throw .system(error) }
                throw .invalidFile(
                    "The file is larger than \(SnapshotFormat.largest >> 20) MB: it is no snapshot."
                )
            }
            return try SnapshotFormat.read(bytes, passphrase: passphrase)
        }
        return try unpack(file, passphrase)
    }

    /// Here, because what the passphrase becomes takes a second of computing.
    package func write(
        _ content: SnapshotContent, as format: SnapshotFormat, passphrase: String?
    ) throws(VersionFault) -> [UInt8] {
        try format.write(content, passphrase: passphrase)
    }

    private func unpack(
        _ archive: borrowing FileDescriptor, _ passphrase: String?
    ) throws(VersionFault) -> SnapshotContent {
        let name = Randomness.text(count: 16, from: .lowercaseAlphanumerics)
        let target = "\(directory)/\(name)"
        do throws(SystemError) { try Files.makeDirectory(target) } catch { throw .system(error) }
        // What stays after a fault goes with the next start.
        defer { try? Files.removeTree(target) }
        do throws(UnpackFault) {
            try unpacker.run(archive: archive, into: target, .userDirectory)
        } catch {
            switch error {
            case .refused(let sentence): throw .invalidFile(sentence)
            case .full: throw .store(.full)
            case .failed(let sentence): throw .invalidFile(sentence)
            }
        }
        return try UserDirectory(target).content(passphrase: passphrase)
    }
}
