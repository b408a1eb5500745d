package import Domain

/// A node package as it lies unpacked somewhere on the appliance.
package struct PackageCopy: Sendable, Hashable {
    package enum Origin: Sendable, Hashable {
        case stack(Stack.ID)
        /// Written by an instance, so by whoever deploys there.
        case instance(Instance.ID)
    }

    package let name: PackageName
    /// As its package.json says.
    package let version: String
    package let origin: Origin
    /// A directory of the appliance's own; below it nothing is trusted.
    package let root: String
    /// Relative to `root`: `node_modules/express`.
    package let directory: String

    package init(
        name: PackageName, version: String, origin: Origin, root: String, directory: String
    ) {
        self.name = name
        self.version = version
        self.origin = origin
        self.root = root
        self.directory = directory
    }
}
