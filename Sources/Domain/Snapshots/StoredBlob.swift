package import Basics

/// A file in the vault, as its index knows it.
package struct StoredBlob: Sendable, Equatable {
    package var address: ContentAddress
    /// Of the content.
    package var size: ByteCount
    /// What it takes on the disk.
    package var storedSize: ByteCount

    package init(address: ContentAddress, size: ByteCount, storedSize: ByteCount) {
        self.address = address
        self.size = size
        self.storedSize = storedSize
    }
}
