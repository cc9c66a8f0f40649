import { z } from 'zod'

// Each shape is the part of a published CustomResourceDefinition that the manifests use, and refuses every other field.
// n.b. an operator's API server drops fields that it does not know, and says nothing

const name = z.string().regex(/^[a-z0-9]([a-z0-9-]*[a-z0-9])?$/)
const named = z.strictObject({ name })
const keyOf = z.strictObject({ name, key: z.string() })
const amount = z.string().regex(/^\d+(\.\d+)?(m|[KMGT]i?)?$/)
const amounts = z.strictObject({ cpu: amount.optional(), memory: amount.optional() })
const resources = z.strictObject({ requests: amounts.optional(), limits: amounts.optional() })
const labels = z.record(z.string(), z.string())
const selector = z.strictObject({
  matchLabels: labels.optional(),
  matchExpressions: z.array(z.strictObject({ key: z.string(), operator: z.literal('Exists') })).optional(),
})
const duration = z.string().regex(/^(\d+(ms|h|m|s))+$/)
const metadata = z.strictObject({ name, namespace: name.optional() })

const kind = <S extends z.ZodType>(apiVersion: string, spec: S) =>
  z.strictObject({ apiVersion: z.literal(apiVersion), kind: z.string(), metadata, spec })

const inRange = (text: string, least: number, most: number): boolean =>
  text === '*' || (/^\d+$/.test(text) && Number(text) >= least && Number(text) <= most)

// cloudnative-pg/cloudnative-pg 1.30: config/crd/bases/postgresql.cnpg.io_*.yaml
const cloudNativePg = {
  Cluster: z.strictObject({
    instances: z.int().min(1),
    enablePDB: z.boolean(),
    imageName: z.string(),
    bootstrap: z.strictObject({
      initdb: z.strictObject({
        database: z.string(),
        owner: z.string(),
        encoding: z.literal('UTF8'),
        locale: z.string(),
        localeProvider: z.enum(['libc', 'icu', 'builtin']),
        builtinLocale: z.string(),
      }),
    }),
    postgresql: z.strictObject({
      parameters: z.record(z.string(), z.string()),
      synchronous: z.strictObject({ method: z.enum(['any', 'first']), number: z.int().min(1) }).optional(),
    }),
    storage: z.strictObject({ size: amount }),
    resources,
    affinity: z
      .strictObject({
        enablePodAntiAffinity: z.boolean(),
        topologyKey: z.string(),
        podAntiAffinityType: z.enum(['preferred', 'required']),
      })
      .optional(),
    plugins: z
      .array(
        z.strictObject({
          name: z.literal('barman-cloud.cloudnative-pg.io'),
          isWALArchiver: z.boolean(),
          parameters: z.strictObject({ barmanObjectName: name }),
        }),
      )
      .optional(),
  }),
  Pooler: z.strictObject({
    cluster: named,
    instances: z.int().min(1),
    type: z.enum(['rw', 'ro', 'r']),
    pgbouncer: z.strictObject({
      poolMode: z.enum(['session', 'transaction']),
      parameters: z.strictObject({
        max_client_conn: z.string(),
        default_pool_size: z.string(),
        max_prepared_statements: z.string(),
      }),
    }),
  }),
  ScheduledBackup: z.strictObject({
    schedule: z.string().refine(text => {
      const [second = '', minute = '', hour = '', ...days] = text.split(' ')
      return days.length === 3 && inRange(second, 0, 59) && inRange(minute, 0, 59) && inRange(hour, 0, 23)
    }, 'has six fields, the first of which is the second'),
    immediate: z.boolean(),
    backupOwnerReference: z.enum(['none', 'self', 'cluster']),
    cluster: named,
    method: z.enum(['barmanObjectStore', 'volumeSnapshot', 'plugin']),
    pluginConfiguration: z.strictObject({ name: z.literal('barman-cloud.cloudnative-pg.io') }),
  }),
}

// cloudnative-pg/plugin-barman-cloud 0.16: config/crd/bases/barmancloud.cnpg.io_objectstores.yaml
const ObjectStore = z.strictObject({
  retentionPolicy: z.string().regex(/^[1-9]\d*[dwm]$/),
  configuration: z.strictObject({
    destinationPath: z.string().min(1),
    s3Credentials: z.strictObject({ accessKeyId: keyOf, secretAccessKey: keyOf }),
    wal: z.strictObject({ compression: z.enum(['bzip2', 'gzip', 'lz4', 'snappy', 'xz', 'zstd']) }),
    data: z.strictObject({ compression: z.enum(['bzip2', 'gzip', 'snappy']) }),
  }),
})

// rabbitmq/cluster-operator 2.23: config/crd/bases/rabbitmq.com_rabbitmqclusters.yaml
const RabbitmqCluster = z.strictObject({
  replicas: z.int().min(0),
  image: z.string(),
  persistence: z.strictObject({ storage: amount }),
  resources,
  terminationGracePeriodSeconds: z.int(),
  rabbitmq: z.strictObject({ additionalConfig: z.string().max(100_000) }),
  affinity: z
    .strictObject({
      podAntiAffinity: z.strictObject({
        requiredDuringSchedulingIgnoredDuringExecution: z.array(
          z.strictObject({ topologyKey: z.string(), labelSelector: selector }),
        ),
      }),
    })
    .optional(),
})

// kedacore/keda 2.17: config/crd/bases/keda.sh_*.yaml, and the pages of its scalers for the metadata of triggers
const keda = {
  TriggerAuthentication: z.strictObject({
    secretTargetRef: z.array(z.strictObject({ parameter: z.string(), name, key: z.string() })),
  }),
  ScaledObject: z.strictObject({
    scaleTargetRef: named,
    minReplicaCount: z.int(),
    maxReplicaCount: z.int(),
    advanced: z.strictObject({
      horizontalPodAutoscalerConfig: z.strictObject({
        behavior: z.strictObject({
          scaleDown: z.strictObject({ stabilizationWindowSeconds: z.int().max(3_600) }),
        }),
      }),
    }),
    triggers: z.array(
      z.discriminatedUnion('type', [
        z.strictObject({
          type: z.literal('cpu'),
          metricType: z.enum(['Utilization', 'AverageValue']),
          metadata: z.strictObject({ value: z.string() }),
        }),
        z.strictObject({
          type: z.literal('rabbitmq'),
          authenticationRef: named,
          metadata: z.strictObject({
            protocol: z.enum(['auto', 'http', 'amqp']),
            host: z.url().endsWith('/'),
            vhostName: z.string(),
            useRegex: z.enum(['true', 'false']),
            queueName: z.string(),
            operation: z.enum(['sum', 'max', 'avg']),
            excludeUnacknowledged: z.enum(['true', 'false']),
            mode: z.enum(['QueueLength', 'MessageRate']),
            value: z.string(),
          }),
        }),
        z.strictObject({
          type: z.literal('prometheus'),
          metadata: z.strictObject({ serverAddress: z.url(), query: z.string(), threshold: z.string() }),
        }),
      ]),
    ),
  }),
}

// external-secrets/external-secrets 1: config/crds/bases/external-secrets.io_externalsecrets.yaml
const ExternalSecret = z.strictObject({
  refreshInterval: duration,
  secretStoreRef: z.strictObject({ kind: z.enum(['SecretStore', 'ClusterSecretStore']), name }),
  target: z.strictObject({ name, creationPolicy: z.enum(['Owner', 'Orphan', 'Merge', 'None']) }),
  dataFrom: z.array(z.strictObject({ extract: z.strictObject({ key: z.string() }) })).optional(),
  data: z
    .array(
      z.strictObject({
        secretKey: z.string(),
        remoteRef: z.strictObject({ key: z.string(), property: z.string() }),
      }),
    )
    .optional(),
})

// kubernetes-sigs/gateway-api 1.3: config/crd/standard/gateway.networking.k8s.io_httproutes.yaml
const HTTPRoute = z.strictObject({
  parentRefs: z.array(z.strictObject({ name, namespace: name })),
  hostnames: z.array(z.string()),
  rules: z.array(
    z.strictObject({
      matches: z.array(
        z.strictObject({
          path: z.strictObject({ type: z.enum(['Exact', 'PathPrefix']), value: z.string().startsWith('/') }),
          method: z.enum(['GET', 'POST']).optional(),
        }),
      ),
      backendRefs: z.array(z.strictObject({ name, port: z.int() })),
      timeouts: z.strictObject({ request: duration, backendRequest: duration.optional() }),
    }),
  ),
})

// prometheus-operator/prometheus-operator 0.83: example/prometheus-operator-crd/monitoring.coreos.com_podmonitors.yaml
const PodMonitor = z.strictObject({
  selector,
  podMetricsEndpoints: z.array(
    z.strictObject({
      port: z.string(),
      interval: duration,
      relabelings: z
        .array(
          z.strictObject({
            targetLabel: z.string(),
            replacement: z.string().optional(),
            sourceLabels: z.array(z.string()).optional(),
          }),
        )
        .optional(),
    }),
  ),
})

/** The kinds of operators by their name. */
export const operatorKinds = {
  Cluster: kind('postgresql.cnpg.io/v1', cloudNativePg.Cluster),
  Pooler: kind('postgresql.cnpg.io/v1', cloudNativePg.Pooler),
  ScheduledBackup: kind('postgresql.cnpg.io/v1', cloudNativePg.ScheduledBackup),
  ObjectStore: kind('barmancloud.cnpg.io/v1', ObjectStore),
  RabbitmqCluster: kind('rabbitmq.com/v1beta1', RabbitmqCluster),
  TriggerAuthentication: kind('keda.sh/v1alpha1', keda.TriggerAuthentication),
  ScaledObject: kind('keda.sh/v1alpha1', keda.ScaledObject),
  ExternalSecret: kind('external-secrets.io/v1', ExternalSecret),
  HTTPRoute: kind('gateway.networking.k8s.io/v1', HTTPRoute),
  PodMonitor: kind('monitoring.coreos.com/v1', PodMonitor),
} as const
