namespace Sequencer.Iac;

/// <summary>The codes that stand before a failure's sentence. They do not change.</summary>
internal static class FailureCodes
{
    // Keys.
    public const string NoSuchKey = "NO_SUCH_KEY";
    public const string DuplicateKey = "DUPLICATE_KEY";
    public const string KeyFileExists = "KEY_FILE_EXISTS";
    public const string NoSuchKeyFile = "NO_SUCH_KEY_FILE";
    public const string KeyDeleteFail = "KEY_DELETE_FAIL";

    // Instances, and what they need.
    public const string DuplicateInstance = "DUPLICATE_INSTANCE";
    public const string InstanceNameCollision = "INSTANCE_NAME_COLLISION";
    public const string InstanceTerminationFail = "INSTANCE_TERMINATION_FAIL";
    public const string NoSuchInstance = "NO_SUCH_INSTANCE";
    public const string InstanceCreateFail = "INSTANCE_CREATE_FAIL";
    public const string NoSuchInstanceType = "NO_SUCH_INSTANCE_TYPE";
    public const string NoEnclaveSupport = "NO_ENCLAVE_SUPPORT";
    public const string InstanceTypeNotOffered = "INSTANCE_TYPE_NOT_OFFERED";
    public const string NoImage = "NO_IMAGE";
    public const string NoNetwork = "NO_NETWORK";
    public const string NoSuchSecurityGroup = "NO_SUCH_SECURITY_GROUP";
    public const string OwnedByStack = "OWNED_BY_STACK";

    // The account and the way to it.
    public const string NoCredentials = "NO_CREDENTIALS";
    public const string BadCredentials = "BAD_CREDENTIALS";
    public const string CredentialsExpired = "CREDENTIALS_EXPIRED";
    public const string AccessDenied = "ACCESS_DENIED";
    public const string NoRegion = "NO_REGION";
    public const string NoSuchRegion = "NO_SUCH_REGION";
    public const string ClockSkew = "CLOCK_SKEW";
    public const string Unreachable = "UNREACHABLE";
    public const string Throttled = "THROTTLED";
    public const string LimitExceeded = "LIMIT_EXCEEDED";
    public const string AwsError = "AWS_ERROR";

    // This machine.
    public const string Usage = "USAGE";
    public const string BadConfig = "BAD_CONFIG";
    public const string BadMeasurements = "BAD_MEASUREMENTS";
    public const string FileError = "FILE_ERROR";
    public const string NotConfirmed = "NOT_CONFIRMED";
    public const string Cancelled = "CANCELLED";
    public const string Unfinished = "UNFINISHED";

    // The stack.
    public const string PulumiNotFound = "PULUMI_NOT_FOUND";
    public const string PulumiFailed = "PULUMI_FAILED";
    public const string NoSuchStack = "NO_SUCH_STACK";
    public const string StackBusy = "STACK_BUSY";
    public const string BadRelease = "BAD_RELEASE";
    public const string Fixed = "FIXED";
    public const string NotProtected = "NOT_PROTECTED";
}
