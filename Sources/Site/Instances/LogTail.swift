package import Basics
import Glibc
import Processes
package import Store

/// How far the output of an instance has been taken over.
package typealias LogPosition = LogStore.Position

/// Reads the file to which an instance's output goes, from where it was left. What was taken over
/// is given back to the disk while the instance goes on writing behind it.
package struct LogTail: ~Copyable {
    package struct Batch: Sendable {
        package var lines: [ArraySlice<UInt8>] = []
        /// Bytes that were passed over because nobody could keep up with them.
        package var skipped: Int64 = 0
        /// Behind the last line.
        package var position: LogPosition
    }

    /// What a flood past our own handler may hold of the disk before the oldest of it is given up.
    package static let maximumBacklog: Int64 = 64 << 20
    private static let chunk = 1 << 20
    /// Below it a hole is not worth a call.
    private static let hole: Int64 = 1 << 20

    private let file: FileDescriptor
    private var position: LogPosition
    private var holeEnd: Int64 = 0

    /// - Parameter from: as it was stored; `nil`, or one of another file, begins at the beginning.
    package init(directory: String, from stored: LogPosition?) throws(SystemError) {
        let file = try HostileDirectory(directory).open("out.log", O_RDWR)
        var information = stat()
        guard fstat(file.raw, &information) == 0 else { throw SystemError("stat out.log") }
        let inode = UInt64(information.st_ino)
        // A file that became shorter was emptied by somebody.
        let isKnown = stored.map { $0.inode == inode && $0.offset <= information.st_size } ?? false
        // Where nobody remembers the place: behind what was given back to the disk. 3: SEEK_DATA.
        let data = max(0, Int64(lseek(file.raw, 0, 3)))
        position = LogPosition(inode: inode, offset: isKnown ? stored?.offset ?? data : data)
        self.file = file
    }

    /// Bytes that have been written up to now.
    package borrowing func end() throws(SystemError) -> Int64 {
        var information = stat()
        guard fstat(file.raw, &information) == 0 else { throw SystemError("stat out.log") }
        return Int64(information.st_size)
    }

    /// The next lines, some at a time; `nil` when there are none.
    /// - Parameter final: nothing is written any more, so that an unfinished line is one too.
    package mutating func read(final: Bool = false) throws(SystemError) -> Batch? {
        var batch = Batch(position: position)
        let size = try end()
        if size < position.offset { position.offset = 0 }
        if size - position.offset > Self.maximumBacklog {
            let target = size - Self.maximumBacklog / 2
            batch.skipped = target - position.offset
            position.offset = target
        }
        guard size > position.offset else { return nil }
        let wanted = Int(min(size - position.offset, Int64(Self.chunk)))
        var bytes = [UInt8](repeating: 0, count: wanted)
        let count = pread(file.raw, &bytes, bytes.count, off_t(position.offset))
        guard count >= 0 else { throw SystemError("read out.log") }
        var start = 0
        while let end = bytes[start..<count].firstIndex(of: 0x0A) {
            batch.lines.append(Self.cut(bytes[start..<end]))
            start = end + 1
        }
        let rest = count - start
        if rest > 0, final || rest > LogLine.maximumBytes {
            batch.lines.append(Self.cut(bytes[start..<count]))
            start = count
        }
        position.offset += Int64(start)
        batch.position = position
        return start == 0 && batch.skipped == 0 ? nil : batch
    }

    private static func cut(_ line: ArraySlice<UInt8>) -> ArraySlice<UInt8> {
        // Zeros: the rest of a block of which the first part was given back.
        line.drop { $0 == 0 }.prefix(LogLine.maximumBytes)
    }

    /// - Parameter position: up to which everything is kept elsewhere.
    package mutating func free(upTo position: LogPosition) {
        guard position.inode == self.position.inode, position.offset - holeEnd >= Self.hole else {
            return
        }
        holeEnd = position.offset
        file.freePrefix(position.offset)
    }
}
