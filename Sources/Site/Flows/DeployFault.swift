package import Basics
package import Domain
package import Store

/// Why flows were not deployed. Nothing was changed then.
package enum DeployFault: Error, Sendable, Equatable {
    /// Follows "The flows": what is wrong with them.
    case invalidFlows(String)
    /// Somebody deployed since the caller looked.
    case changedMeanwhile
    case deployUnderWay
    /// Node-RED said no, or nothing.
    case refused(String)
    case missingModules([NodeModule])
    case version(VersionFault)
    case store(StoreError)
    case system(SystemError)
}
