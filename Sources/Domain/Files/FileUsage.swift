/// What a files area holds, as it was counted.
package struct FileUsage: Sendable, Equatable {
    /// Sizes of all files together; a sparse file counts with the size that it shows.
    package var bytes: Int64
    package var files: Int
    package var folders: Int
    /// `false`: it holds more than is counted, or is too deep.
    package var isComplete: Bool

    package init(bytes: Int64 = 0, files: Int = 0, folders: Int = 0, isComplete: Bool = true) {
        self.bytes = bytes
        self.files = files
        self.folders = folders
        self.isComplete = isComplete
    }

    /// A stranger's sparse files can be as large as numbers go.
    package mutating func add(_ size: Int64) {
        files += 1
        let (sum, overflow) = bytes.addingReportingOverflow(max(size, 0))
        bytes = overflow ? .max : sum
    }
}
