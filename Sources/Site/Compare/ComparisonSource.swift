package import Domain

/// One side of a comparison, found and allowed.
package enum ComparisonSource: Sendable {
    case version(Version, of: Instance)
    case snapshot(Snapshot)
    /// What it runs now: its newest version, deploys that wait in its spool included.
    case instance(Instance)
    case file(FlowDocument, name: String)
}
