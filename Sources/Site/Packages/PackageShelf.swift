import Domain

/// Which packages there are, for whom: those of the stacks for everybody, those of an instance for
/// its team.
struct PackageShelf: Sendable {
    private(set) var packages: [PackageName: [String: PackageCopy]] = [:]

    /// The first copy of a version stays: the same whatever stacks come later.
    mutating func add(_ copies: [PackageCopy]) {
        for copy in copies where packages[copy.name]?[copy.version] == nil {
            packages[copy.name, default: [:]][copy.version] = copy
        }
    }

    /// What an instance has beside the stacks. Of a package that a stack has, only lines of
    /// versions that no stack has (`^` never leads from one to the other): else a flow could put
    /// its own `express` in the way of everybody's.
    mutating func add(_ copies: [PackageCopy], beside stacks: PackageShelf) {
        add(
            copies.filter { copy in
                guard let known = stacks.packages[copy.name] else { return true }
                guard let line = SemanticVersion(copy.version)?.line else { return false }
                return known.keys.allSatisfy { SemanticVersion($0)?.line != line }
            })
    }

    func versions(of name: PackageName) -> [PackageCopy] {
        let copies = packages[name].map { Array($0.values) } ?? []
        return copies.sorted { left, right in
            guard let one = SemanticVersion(left.version),
                let other = SemanticVersion(right.version)
            else { return false }
            return one < other
        }
    }

    /// The newest that is no prerelease, of the stacks where they have the package at all: npm
    /// takes it before others that would fit.
    static func latest(among copies: [PackageCopy]) -> PackageCopy? {
        let fromStacks = copies.filter { if case .stack = $0.origin { true } else { false } }
        let ranked = fromStacks.isEmpty ? copies : fromStacks
        return ranked.last { SemanticVersion($0.version)?.isPrerelease == false } ?? ranked.last
    }
}
