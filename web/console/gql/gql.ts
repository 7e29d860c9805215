/* eslint-disable */
import * as types from './graphql';



/**
 * Map of all GraphQL operations in the project.
 *
 * This map has several performance disadvantages:
 * 1. It is not tree-shakeable, so it will include all operations in the project.
 * 2. It is not minifiable, so the string of a GraphQL query will be multiple times inside the bundle.
 * 3. It does not support dead code elimination, so it will add unused operations.
 *
 * Therefore it is highly recommended to use the babel or swc plugin for production.
 * Learn more about it here: https://the-guild.dev/graphql/codegen/plugins/presets/preset-client#reducing-bundle-size
 */
type Documents = {
    "\n  query Who {\n    server {\n      codeVersion\n      device\n      caller {\n        name\n        role\n        anonymous\n      }\n      jobs {\n        engine\n      }\n    }\n  }\n": typeof types.WhoDocument,
    "\n  query Cloud($model: String!, $version: Int!, $seed: Seed!, $count: Int!, $truncation: Float!, $label: String, $labels: [LabelWeight!]) {\n    sample(model: $model, version: $version, seed: $seed, count: $count, truncation: $truncation, label: $label, labels: $labels) {\n      seed\n      point\n    }\n    whole: sample(model: $model, version: $version, seed: $seed, count: $count, label: $label, labels: $labels) {\n      point\n    }\n  }\n": typeof types.CloudDocument,
    "\n  query Directions($model: String!, $version: Int!, $method: DirectionMethod!) {\n    latentDirections(model: $model, version: $version, method: $method, count: 8) {\n      index\n      share\n    }\n  }\n": typeof types.DirectionsDocument,
    "\n  query Morph(\n    $model: String!\n    $version: Int!\n    $waypoints: [Waypoint!]!\n    $truncation: Float!\n    $method: InterpolationMethod!\n    $loop: Boolean!\n    $steps: Int!\n  ) {\n    interpolate(\n      model: $model\n      version: $version\n      waypoints: $waypoints\n      truncation: $truncation\n      method: $method\n      loop: $loop\n      steps: $steps\n    ) {\n      frames {\n        image {\n          dataUri\n        }\n      }\n    }\n  }\n": typeof types.MorphDocument,
    "\n  query MorphFiles(\n    $model: String!\n    $version: Int!\n    $waypoints: [Waypoint!]!\n    $truncation: Float!\n    $method: InterpolationMethod!\n    $loop: Boolean!\n    $steps: Int!\n    $fps: Int!\n    $size: Int!\n  ) {\n    interpolate(\n      model: $model\n      version: $version\n      waypoints: $waypoints\n      truncation: $truncation\n      method: $method\n      loop: $loop\n      steps: $steps\n    ) {\n      webp: animation(format: WEBP, fps: $fps, size: $size) {\n        url\n      }\n      gif: animation(format: GIF, fps: $fps, size: $size) {\n        url\n      }\n      strip(size: $size) {\n        url\n      }\n    }\n  }\n": typeof types.MorphFilesDocument,
    "\n  query Corners(\n    $model: String!\n    $version: Int!\n    $truncation: Float!\n    $label: String\n    $labels: [LabelWeight!]\n    $a: Seed!\n    $b: Seed!\n    $c: Seed!\n  ) {\n    a: sample(model: $model, version: $version, seed: $a, truncation: $truncation, label: $label, labels: $labels) {\n      ...Corner\n    }\n    b: sample(model: $model, version: $version, seed: $b, truncation: $truncation, label: $label, labels: $labels) {\n      ...Corner\n    }\n    c: sample(model: $model, version: $version, seed: $c, truncation: $truncation, label: $label, labels: $labels) {\n      ...Corner\n    }\n  }\n\n  fragment Corner on Sample {\n    zBase64\n    labels {\n      label\n      weight\n    }\n    image {\n      url\n    }\n  }\n": typeof types.CornersDocument,
    "\n  query AtLatent($model: String!, $version: Int!, $z: [Latent!]!, $labels: [LabelWeight!]) {\n    sample(model: $model, version: $version, z: $z, labels: $labels) {\n      zBase64\n      label\n      image {\n        url\n        dataUri\n      }\n    }\n  }\n": typeof types.AtLatentDocument,
    "\n  query Explorable {\n    models {\n      name\n      version\n      title\n      capabilities\n      latentSize\n      prior {\n        kind\n        low\n        high\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n    }\n  }\n": typeof types.ExplorableDocument,
    "\n  query ExplorableVersion($name: String!, $version: Int!) {\n    model(name: $name, version: $version) {\n      name\n      version\n      title\n      capabilities\n      latentSize\n      prior {\n        kind\n        low\n        high\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n    }\n  }\n": typeof types.ExplorableVersionDocument,
    "\n  query Mixed($model: String!, $version: Int!, $styles: [StylePart!]!, $truncation: Float!) {\n    mixStyles(model: $model, version: $version, styles: $styles, truncation: $truncation) {\n      image {\n        url\n        width\n        height\n      }\n    }\n  }\n": typeof types.MixedDocument,
    "\n  query Whole($model: String!, $version: Int!, $seed: Seed!, $label: String, $labels: [LabelWeight!]) {\n    sample(model: $model, version: $version, seed: $seed, label: $label, labels: $labels) {\n      label\n      zBase64\n    }\n  }\n": typeof types.WholeDocument,
    "\n  query Sampled(\n    $model: String!\n    $version: Int!\n    $seed: Seed!\n    $truncation: Float!\n    $label: String\n    $labels: [LabelWeight!]\n  ) {\n    sample(model: $model, version: $version, seed: $seed, truncation: $truncation, label: $label, labels: $labels) {\n      label\n      zBase64\n      image {\n        url\n        dataUri\n      }\n    }\n  }\n": typeof types.SampledDocument,
    "\n  query Edited(\n    $model: String!\n    $version: Int!\n    $seed: Seed!\n    $truncation: Float!\n    $label: String\n    $labels: [LabelWeight!]\n    $edits: [EditInput!]!\n  ) {\n    edit(\n      model: $model\n      version: $version\n      seed: $seed\n      truncation: $truncation\n      label: $label\n      labels: $labels\n      edits: $edits\n    ) {\n      label\n      zBase64\n      image {\n        url\n        dataUri\n      }\n    }\n  }\n": typeof types.EditedDocument,
    "\n  query Details($model: String!) {\n    model(name: $model) {\n      figures {\n        protocol\n        name\n        value\n        date\n      }\n      evaluations(first: 100) {\n        nodes {\n          protocol\n          dataset\n        }\n      }\n      trainingCurve(points: 200) {\n        name\n        steps\n        values\n      }\n      trainingAnimation {\n        url\n      }\n    }\n  }\n": typeof types.DetailsDocument,
    "\n  query Models {\n    models {\n      name\n      version\n      versions\n      title\n      description\n      license\n      created\n      capabilities\n      latentSize\n      prior {\n        kind\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n      lineage {\n        dataset\n        examples\n        steps\n        kimg\n        seed\n        codeVersion\n        parent {\n          name\n          version\n        }\n      }\n    }\n  }\n": typeof types.ModelsDocument,
    "\n  query Grid($model: String!, $seed: Seed!, $rows: Int!, $columns: Int!) {\n    sampleGrid(model: $model, seed: $seed, rows: $rows, columns: $columns) {\n      url\n      width\n      height\n    }\n  }\n": typeof types.GridDocument,
    "\n  query Points($model: String!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, seed: $seed, count: $count) {\n      point\n    }\n  }\n": typeof types.PointsDocument,
    "\n  query Audit($first: Int!, $action: String) {\n    audit(first: $first, filter: { action: $action }) {\n      totalCount\n      nodes {\n        seq\n        at\n        by\n        action\n        about\n      }\n    }\n  }\n": typeof types.AuditDocument,
    "\n  query AuditCheck {\n    auditCheck {\n      entries\n      intact\n      brokenAt\n    }\n  }\n": typeof types.AuditCheckDocument,
    "\n  query Counted($names: [String!]!) {\n    metrics(names: $names) {\n      name\n      series {\n        labels\n        value\n        spread {\n          count\n          mean\n          median: quantile(share: 0.5)\n          most: quantile(share: 0.95)\n          nearlyAll: quantile(share: 0.99)\n        }\n      }\n    }\n  }\n": typeof types.CountedDocument,
    "\n  query Working {\n    jobs(first: 20, filter: { states: [QUEUED, RUNNING, PAUSING, PAUSED, CANCELLING] }) {\n      totalCount\n      nodes {\n        id\n        kind\n        state\n        model\n        version\n        dataset\n        device\n        progress {\n          phase\n          done\n          total\n          unit\n          perSecond\n          secondsLeft\n        }\n      }\n    }\n  }\n": typeof types.WorkingDocument,
    "\n  query ServedLatent($model: String!) {\n    model(name: $model) {\n      latentSize\n    }\n  }\n": typeof types.ServedLatentDocument,
    "\n  query ServedGame($model: String!, $data: BuiltinPoints!, $z: [Latent!]!) {\n    model(name: $model) {\n      title\n      version\n      capabilities\n    }\n    points(of: $data, first: 1024) {\n      size\n      data\n    }\n    samples: sample(model: $model, seed: 0, count: 256) {\n      point\n    }\n    more: sample(model: $model, seed: 256, count: 256) {\n      point\n    }\n    mapped: sample(model: $model, z: $z) {\n      point\n    }\n  }\n": typeof types.ServedGameDocument,
    "\n  query ScoredPlaces($model: String!, $places: [[Float!]!]!) {\n    score(model: $model, points: $places) {\n      ... on Score {\n        probability\n        familiarity\n      }\n      ... on ImageError {\n        message\n      }\n    }\n  }\n": typeof types.ScoredPlacesDocument,
    "\n  query PlaneData($data: BuiltinPoints!) {\n    points(of: $data, first: 1024) {\n      size\n      data\n    }\n  }\n": typeof types.PlaneDataDocument,
    "\n  mutation BeginGame(\n    $model: String!\n    $recipe: String!\n    $dataset: String!\n    $seed: Seed!\n    $overrides: JSONObject!\n    $pace: PaceInput!\n  ) {\n    train(model: $model, recipe: $recipe, dataset: $dataset, seed: $seed, overrides: $overrides, pace: $pace) {\n      id\n    }\n  }\n": typeof types.BeginGameDocument,
    "\n  mutation PaceGame($id: ID!, $pace: PaceInput!) {\n    paceJob(id: $id, pace: $pace) {\n      state\n    }\n  }\n": typeof types.PaceGameDocument,
    "\n  mutation ResumeGame($id: ID!) {\n    resumeJob(id: $id) {\n      state\n    }\n  }\n": typeof types.ResumeGameDocument,
    "\n  mutation EndGame($id: ID!) {\n    cancelJob(id: $id) {\n      state\n    }\n  }\n": typeof types.EndGameDocument,
    "\n  query GameRun($id: ID!) {\n    job(id: $id) {\n      model\n      arguments\n    }\n  }\n": typeof types.GameRunDocument,
    "\n  subscription GameViews($id: ID!) {\n    jobViews(id: $id) {\n      step\n      waiting\n      metrics {\n        name\n        values\n      }\n      game {\n        size\n        low\n        high\n        places\n        verdict\n        isProbability\n        boundary\n        samples\n        pulls\n        map {\n          columns\n          latents\n          points\n        }\n      }\n    }\n  }\n": typeof types.GameViewsDocument,
    "\n  subscription GameNews($id: ID!) {\n    jobProgress(id: $id, from: 0) {\n      seq\n      kind\n      text\n      job {\n        state\n        made\n        error {\n          message\n        }\n      }\n    }\n  }\n": typeof types.GameNewsDocument,
    "\n  query PerceivingModels {\n    models {\n      name\n      version\n      title\n      labels\n      image {\n        width\n        height\n        channels\n      }\n      capabilities\n      graphs {\n        capability\n        takesLabel\n      }\n    }\n  }\n": typeof types.PerceivingModelsDocument,
    "\n  query TakenFor($model: String!, $version: Int!, $images: [ImageSource!]!) {\n    classify(model: $model, version: $version, images: $images) {\n      ... on Classification {\n        label\n        classes {\n          label\n          probability\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.TakenForDocument,
    "\n  query Reconstruct($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!], $refine: Int) {\n    encode(model: $model, version: $version, images: $images, labels: $labels, refine: $refine) {\n      ... on Encoding {\n        error\n        label\n        refined {\n          steps\n          before\n          after\n        }\n        reconstruction {\n          image {\n            dataUri\n          }\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.ReconstructDocument,
    "\n  query Complete(\n    $model: String!\n    $version: Int!\n    $image: ImageSource!\n    $hidden: ImageSource!\n    $count: Int!\n    $seed: Seed!\n    $label: String\n  ) {\n    inpaint(\n      model: $model\n      version: $version\n      image: $image\n      mask: { hidden: $hidden }\n      count: $count\n      seed: $seed\n      label: $label\n    ) {\n      ... on Completion {\n        seed\n        label\n        image {\n          dataUri\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.CompleteDocument,
    "\n  query OneSample($model: String!, $version: Int!, $seed: Seed!, $label: String) {\n    sample(model: $model, version: $version, seed: $seed, count: 1, label: $label) {\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n": typeof types.OneSampleDocument,
    "\n  query JudgedModels {\n    models {\n      name\n      title\n      image {\n        width\n        height\n      }\n      capabilities\n    }\n  }\n": typeof types.JudgedModelsDocument,
    "\n  query JudgedModel($model: String!) {\n    model(name: $model) {\n      name\n      version\n      labels\n      scoring {\n        scorer\n        needsLabel\n        takesLabel\n        uncalibrated\n        unmeasured\n        calibration {\n          protocol\n          slope\n          offset\n          auc\n          logLoss\n          ece\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          before {\n            histogram {\n              low\n              high\n              data\n              samples\n            }\n          }\n        }\n        measured {\n          date\n          auc\n          logLoss\n          baselineLogLoss\n          ece\n          rivals {\n            name\n            logLoss\n            auc\n          }\n          label {\n            right\n            chance\n          }\n          familiarity {\n            negatives\n            auc\n          }\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          histogram {\n            low\n            high\n            data\n            samples\n          }\n        }\n      }\n    }\n  }\n": typeof types.JudgedModelDocument,
    "\n  query Judge($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!]) {\n    score(model: $model, version: $version, images: $images, labels: $labels) {\n      ... on Score {\n        logit\n        probability\n        logDensityRatio\n        familiarity\n        calibrated {\n          probability\n          logDensityRatio\n        }\n        label {\n          name\n          probability\n          matches\n          likeliest\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": typeof types.JudgeDocument,
    "\n  query SamplesToJudge($model: String!, $version: Int!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, version: $version, seed: $seed, count: $count) {\n      seed\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n": typeof types.SamplesToJudgeDocument,
    "\n  query FreshScores($model: String!, $version: Int!) {\n    sample(model: $model, version: $version, seed: 1000000, count: 256) {\n      score {\n        logit\n        logDensityRatio\n      }\n    }\n  }\n": typeof types.FreshScoresDocument,
    "\n  query TwoRuns($a: ID!, $b: ID!) {\n    a: job(id: $a) {\n      id\n      kind\n      state\n      model\n      version\n      dataset\n      recipe\n      arguments\n      created\n      made\n      metrics(points: 300) {\n        name\n        at\n        values\n      }\n      previews {\n        at\n        url\n      }\n    }\n    b: job(id: $b) {\n      id\n      kind\n      state\n      model\n      version\n      dataset\n      recipe\n      arguments\n      created\n      made\n      metrics(points: 300) {\n        name\n        at\n        values\n      }\n      previews {\n        at\n        url\n      }\n    }\n  }\n": typeof types.TwoRunsDocument,
    "\n  mutation PauseRun($id: ID!) {\n    pauseJob(id: $id) {\n      id\n    }\n  }\n": typeof types.PauseRunDocument,
    "\n  mutation ResumeRun($id: ID!) {\n    resumeJob(id: $id) {\n      id\n    }\n  }\n": typeof types.ResumeRunDocument,
    "\n  mutation CancelRun($id: ID!) {\n    cancelJob(id: $id) {\n      id\n    }\n  }\n": typeof types.CancelRunDocument,
    "\n  mutation RetryRun($id: ID!) {\n    retryJob(id: $id) {\n      id\n    }\n  }\n": typeof types.RetryRunDocument,
    "\n  query DataToChoose {\n    datasets(first: 100) {\n      nodes {\n        name\n        examples\n      }\n    }\n    builtinData {\n      name\n      what\n    }\n  }\n": typeof types.DataToChooseDocument,
    "\n  mutation CreateDataset($name: String!, $files: [ID!]!, $settings: String) {\n    createDataset(name: $name, source: { upload: $files }, settings: $settings) {\n      name\n    }\n  }\n": typeof types.CreateDatasetDocument,
    "\n  mutation DeleteDataset($name: ID!) {\n    deleteDataset(name: $name)\n  }\n": typeof types.DeleteDatasetDocument,
    "\n  query DatasetOf($name: ID!) {\n    dataset(name: $name) {\n      name\n      source\n      examples\n      shape\n      width\n      height\n      channels\n      classCount\n      classes(first: 200) {\n        name\n        count\n      }\n      preview\n      rejectedCount\n      rejected(first: 100) {\n        name\n        reason\n      }\n      bytes\n      created\n      by\n    }\n  }\n": typeof types.DatasetOfDocument,
    "\n  query TrainingChoices {\n    recipes {\n      list {\n        name\n        title\n        description\n        settings\n      }\n      schema\n    }\n    models {\n      name\n      title\n      version\n    }\n  }\n": typeof types.TrainingChoicesDocument,
    "\n  query TrainingPlan(\n    $dataset: String!\n    $model: String!\n    $recipe: String\n    $steps: Int\n    $overrides: JSONObject\n  ) {\n    plan: trainingPlan(dataset: $dataset, model: $model, recipe: $recipe, steps: $steps, overrides: $overrides) {\n      recipe\n      reasons\n      examples\n      steps\n      seconds\n    }\n  }\n": typeof types.TrainingPlanDocument,
    "\n  query FineTuningPlan($dataset: String!, $model: String!, $into: String, $steps: Int, $overrides: JSONObject) {\n    plan: fineTuningPlan(\n      dataset: $dataset\n      model: $model\n      into: $into\n      steps: $steps\n      overrides: { settings: $overrides }\n    ) {\n      recipe\n      reasons\n      examples\n      steps\n      seconds\n    }\n  }\n": typeof types.FineTuningPlanDocument,
    "\n  mutation Train(\n    $dataset: String!\n    $model: String!\n    $recipe: String\n    $steps: Int\n    $overrides: JSONObject\n    $seed: Seed\n    $promote: PromoteInput\n    $device: TrainingDevice\n    $key: String!\n  ) {\n    job: train(\n      dataset: $dataset\n      model: $model\n      recipe: $recipe\n      steps: $steps\n      overrides: $overrides\n      seed: $seed\n      promote: $promote\n      device: $device\n      idempotencyKey: $key\n    ) {\n      id\n    }\n  }\n": typeof types.TrainDocument,
    "\n  mutation FineTune(\n    $dataset: String!\n    $model: String!\n    $into: String\n    $steps: Int\n    $overrides: JSONObject\n    $seed: Seed\n    $promote: PromoteInput\n    $device: TrainingDevice\n    $key: String!\n  ) {\n    job: fineTune(\n      dataset: $dataset\n      model: $model\n      into: $into\n      steps: $steps\n      overrides: { settings: $overrides }\n      seed: $seed\n      promote: $promote\n      device: $device\n      idempotencyKey: $key\n    ) {\n      id\n    }\n  }\n": typeof types.FineTuneDocument,
    "\n  query RecipeOf($model: String!) {\n    model(name: $model) {\n      recipe\n    }\n  }\n": typeof types.RecipeOfDocument,
    "\n  query Run($id: ID!) {\n    job(id: $id) {\n      id\n      kind\n      state\n      model\n      version\n      dataset\n      recipe\n      arguments\n      device\n      created\n      started\n      ended\n      attempt\n      by\n      made\n      progress {\n        phase\n        done\n        total\n        unit\n        perSecond\n        secondsLeft\n      }\n      error {\n        code\n        message\n      }\n      metrics(points: 400) {\n        name\n        at\n        values\n      }\n      warnings {\n        at\n        name\n        message\n      }\n      previews {\n        at\n        url\n      }\n      log(last: 200)\n    }\n  }\n": typeof types.RunDocument,
    "\n  query Runs($first: Int!) {\n    jobs(first: $first) {\n      totalCount\n      nodes {\n        id\n        kind\n        state\n        model\n        version\n        dataset\n        recipe\n        created\n        by\n        made\n        progress {\n          phase\n          done\n          total\n          unit\n          perSecond\n          secondsLeft\n        }\n        error {\n          code\n          message\n        }\n      }\n    }\n    datasets(first: 100) {\n      nodes {\n        name\n        examples\n      }\n    }\n    models {\n      name\n      title\n      version\n      versions\n    }\n  }\n": typeof types.RunsDocument,
    "\n  subscription JobChanges {\n    jobsChanged {\n      id\n      state\n      made\n      progress {\n        phase\n        done\n        total\n        unit\n        perSecond\n        secondsLeft\n      }\n    }\n  }\n": typeof types.JobChangesDocument,
    "\n  query ActiveOf($model: String!) {\n    model(name: $model) {\n      version\n      versions\n      title\n      pointSize\n      capabilities\n    }\n  }\n": typeof types.ActiveOfDocument,
    "\n  query GridOf($model: String!, $version: Int!, $seed: Seed!) {\n    sampleGrid(model: $model, version: $version, seed: $seed, rows: 4, columns: 6) {\n      url\n      width\n      height\n    }\n  }\n": typeof types.GridOfDocument,
    "\n  query PointsOf($model: String!, $version: Int!, $seed: Seed!) {\n    sample(model: $model, version: $version, seed: $seed, count: 256) {\n      point\n    }\n  }\n": typeof types.PointsOfDocument,
    "\n  mutation Promote($model: String!, $version: Int!) {\n    promote(model: $model, version: $version) {\n      model\n      version\n    }\n  }\n": typeof types.PromoteDocument,
    "\n  mutation RollBack($model: String!) {\n    rollback(model: $model) {\n      model\n      version\n    }\n  }\n": typeof types.RollBackDocument,
    "\n  subscription Activations {\n    modelActivated {\n      model\n      version\n    }\n  }\n": typeof types.ActivationsDocument,
    "\n  query Versions($model: String!) {\n    model(name: $model) {\n      name\n      title\n      versionsConnection(first: 50) {\n        totalCount\n        nodes {\n          version\n          active\n          created\n          capabilities\n          lineage {\n            dataset\n            examples\n            steps\n            parent {\n              name\n              version\n            }\n          }\n          figures {\n            protocol\n            name\n            value\n          }\n        }\n      }\n    }\n    jobs(first: 20, filter: { model: $model }) {\n      nodes {\n        id\n        kind\n        state\n        model\n        version\n        dataset\n        created\n        made\n      }\n    }\n  }\n": typeof types.VersionsDocument,
};
const documents: Documents = {
    "\n  query Who {\n    server {\n      codeVersion\n      device\n      caller {\n        name\n        role\n        anonymous\n      }\n      jobs {\n        engine\n      }\n    }\n  }\n": types.WhoDocument,
    "\n  query Cloud($model: String!, $version: Int!, $seed: Seed!, $count: Int!, $truncation: Float!, $label: String, $labels: [LabelWeight!]) {\n    sample(model: $model, version: $version, seed: $seed, count: $count, truncation: $truncation, label: $label, labels: $labels) {\n      seed\n      point\n    }\n    whole: sample(model: $model, version: $version, seed: $seed, count: $count, label: $label, labels: $labels) {\n      point\n    }\n  }\n": types.CloudDocument,
    "\n  query Directions($model: String!, $version: Int!, $method: DirectionMethod!) {\n    latentDirections(model: $model, version: $version, method: $method, count: 8) {\n      index\n      share\n    }\n  }\n": types.DirectionsDocument,
    "\n  query Morph(\n    $model: String!\n    $version: Int!\n    $waypoints: [Waypoint!]!\n    $truncation: Float!\n    $method: InterpolationMethod!\n    $loop: Boolean!\n    $steps: Int!\n  ) {\n    interpolate(\n      model: $model\n      version: $version\n      waypoints: $waypoints\n      truncation: $truncation\n      method: $method\n      loop: $loop\n      steps: $steps\n    ) {\n      frames {\n        image {\n          dataUri\n        }\n      }\n    }\n  }\n": types.MorphDocument,
    "\n  query MorphFiles(\n    $model: String!\n    $version: Int!\n    $waypoints: [Waypoint!]!\n    $truncation: Float!\n    $method: InterpolationMethod!\n    $loop: Boolean!\n    $steps: Int!\n    $fps: Int!\n    $size: Int!\n  ) {\n    interpolate(\n      model: $model\n      version: $version\n      waypoints: $waypoints\n      truncation: $truncation\n      method: $method\n      loop: $loop\n      steps: $steps\n    ) {\n      webp: animation(format: WEBP, fps: $fps, size: $size) {\n        url\n      }\n      gif: animation(format: GIF, fps: $fps, size: $size) {\n        url\n      }\n      strip(size: $size) {\n        url\n      }\n    }\n  }\n": types.MorphFilesDocument,
    "\n  query Corners(\n    $model: String!\n    $version: Int!\n    $truncation: Float!\n    $label: String\n    $labels: [LabelWeight!]\n    $a: Seed!\n    $b: Seed!\n    $c: Seed!\n  ) {\n    a: sample(model: $model, version: $version, seed: $a, truncation: $truncation, label: $label, labels: $labels) {\n      ...Corner\n    }\n    b: sample(model: $model, version: $version, seed: $b, truncation: $truncation, label: $label, labels: $labels) {\n      ...Corner\n    }\n    c: sample(model: $model, version: $version, seed: $c, truncation: $truncation, label: $label, labels: $labels) {\n      ...Corner\n    }\n  }\n\n  fragment Corner on Sample {\n    zBase64\n    labels {\n      label\n      weight\n    }\n    image {\n      url\n    }\n  }\n": types.CornersDocument,
    "\n  query AtLatent($model: String!, $version: Int!, $z: [Latent!]!, $labels: [LabelWeight!]) {\n    sample(model: $model, version: $version, z: $z, labels: $labels) {\n      zBase64\n      label\n      image {\n        url\n        dataUri\n      }\n    }\n  }\n": types.AtLatentDocument,
    "\n  query Explorable {\n    models {\n      name\n      version\n      title\n      capabilities\n      latentSize\n      prior {\n        kind\n        low\n        high\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n    }\n  }\n": types.ExplorableDocument,
    "\n  query ExplorableVersion($name: String!, $version: Int!) {\n    model(name: $name, version: $version) {\n      name\n      version\n      title\n      capabilities\n      latentSize\n      prior {\n        kind\n        low\n        high\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n    }\n  }\n": types.ExplorableVersionDocument,
    "\n  query Mixed($model: String!, $version: Int!, $styles: [StylePart!]!, $truncation: Float!) {\n    mixStyles(model: $model, version: $version, styles: $styles, truncation: $truncation) {\n      image {\n        url\n        width\n        height\n      }\n    }\n  }\n": types.MixedDocument,
    "\n  query Whole($model: String!, $version: Int!, $seed: Seed!, $label: String, $labels: [LabelWeight!]) {\n    sample(model: $model, version: $version, seed: $seed, label: $label, labels: $labels) {\n      label\n      zBase64\n    }\n  }\n": types.WholeDocument,
    "\n  query Sampled(\n    $model: String!\n    $version: Int!\n    $seed: Seed!\n    $truncation: Float!\n    $label: String\n    $labels: [LabelWeight!]\n  ) {\n    sample(model: $model, version: $version, seed: $seed, truncation: $truncation, label: $label, labels: $labels) {\n      label\n      zBase64\n      image {\n        url\n        dataUri\n      }\n    }\n  }\n": types.SampledDocument,
    "\n  query Edited(\n    $model: String!\n    $version: Int!\n    $seed: Seed!\n    $truncation: Float!\n    $label: String\n    $labels: [LabelWeight!]\n    $edits: [EditInput!]!\n  ) {\n    edit(\n      model: $model\n      version: $version\n      seed: $seed\n      truncation: $truncation\n      label: $label\n      labels: $labels\n      edits: $edits\n    ) {\n      label\n      zBase64\n      image {\n        url\n        dataUri\n      }\n    }\n  }\n": types.EditedDocument,
    "\n  query Details($model: String!) {\n    model(name: $model) {\n      figures {\n        protocol\n        name\n        value\n        date\n      }\n      evaluations(first: 100) {\n        nodes {\n          protocol\n          dataset\n        }\n      }\n      trainingCurve(points: 200) {\n        name\n        steps\n        values\n      }\n      trainingAnimation {\n        url\n      }\n    }\n  }\n": types.DetailsDocument,
    "\n  query Models {\n    models {\n      name\n      version\n      versions\n      title\n      description\n      license\n      created\n      capabilities\n      latentSize\n      prior {\n        kind\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n      lineage {\n        dataset\n        examples\n        steps\n        kimg\n        seed\n        codeVersion\n        parent {\n          name\n          version\n        }\n      }\n    }\n  }\n": types.ModelsDocument,
    "\n  query Grid($model: String!, $seed: Seed!, $rows: Int!, $columns: Int!) {\n    sampleGrid(model: $model, seed: $seed, rows: $rows, columns: $columns) {\n      url\n      width\n      height\n    }\n  }\n": types.GridDocument,
    "\n  query Points($model: String!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, seed: $seed, count: $count) {\n      point\n    }\n  }\n": types.PointsDocument,
    "\n  query Audit($first: Int!, $action: String) {\n    audit(first: $first, filter: { action: $action }) {\n      totalCount\n      nodes {\n        seq\n        at\n        by\n        action\n        about\n      }\n    }\n  }\n": types.AuditDocument,
    "\n  query AuditCheck {\n    auditCheck {\n      entries\n      intact\n      brokenAt\n    }\n  }\n": types.AuditCheckDocument,
    "\n  query Counted($names: [String!]!) {\n    metrics(names: $names) {\n      name\n      series {\n        labels\n        value\n        spread {\n          count\n          mean\n          median: quantile(share: 0.5)\n          most: quantile(share: 0.95)\n          nearlyAll: quantile(share: 0.99)\n        }\n      }\n    }\n  }\n": types.CountedDocument,
    "\n  query Working {\n    jobs(first: 20, filter: { states: [QUEUED, RUNNING, PAUSING, PAUSED, CANCELLING] }) {\n      totalCount\n      nodes {\n        id\n        kind\n        state\n        model\n        version\n        dataset\n        device\n        progress {\n          phase\n          done\n          total\n          unit\n          perSecond\n          secondsLeft\n        }\n      }\n    }\n  }\n": types.WorkingDocument,
    "\n  query ServedLatent($model: String!) {\n    model(name: $model) {\n      latentSize\n    }\n  }\n": types.ServedLatentDocument,
    "\n  query ServedGame($model: String!, $data: BuiltinPoints!, $z: [Latent!]!) {\n    model(name: $model) {\n      title\n      version\n      capabilities\n    }\n    points(of: $data, first: 1024) {\n      size\n      data\n    }\n    samples: sample(model: $model, seed: 0, count: 256) {\n      point\n    }\n    more: sample(model: $model, seed: 256, count: 256) {\n      point\n    }\n    mapped: sample(model: $model, z: $z) {\n      point\n    }\n  }\n": types.ServedGameDocument,
    "\n  query ScoredPlaces($model: String!, $places: [[Float!]!]!) {\n    score(model: $model, points: $places) {\n      ... on Score {\n        probability\n        familiarity\n      }\n      ... on ImageError {\n        message\n      }\n    }\n  }\n": types.ScoredPlacesDocument,
    "\n  query PlaneData($data: BuiltinPoints!) {\n    points(of: $data, first: 1024) {\n      size\n      data\n    }\n  }\n": types.PlaneDataDocument,
    "\n  mutation BeginGame(\n    $model: String!\n    $recipe: String!\n    $dataset: String!\n    $seed: Seed!\n    $overrides: JSONObject!\n    $pace: PaceInput!\n  ) {\n    train(model: $model, recipe: $recipe, dataset: $dataset, seed: $seed, overrides: $overrides, pace: $pace) {\n      id\n    }\n  }\n": types.BeginGameDocument,
    "\n  mutation PaceGame($id: ID!, $pace: PaceInput!) {\n    paceJob(id: $id, pace: $pace) {\n      state\n    }\n  }\n": types.PaceGameDocument,
    "\n  mutation ResumeGame($id: ID!) {\n    resumeJob(id: $id) {\n      state\n    }\n  }\n": types.ResumeGameDocument,
    "\n  mutation EndGame($id: ID!) {\n    cancelJob(id: $id) {\n      state\n    }\n  }\n": types.EndGameDocument,
    "\n  query GameRun($id: ID!) {\n    job(id: $id) {\n      model\n      arguments\n    }\n  }\n": types.GameRunDocument,
    "\n  subscription GameViews($id: ID!) {\n    jobViews(id: $id) {\n      step\n      waiting\n      metrics {\n        name\n        values\n      }\n      game {\n        size\n        low\n        high\n        places\n        verdict\n        isProbability\n        boundary\n        samples\n        pulls\n        map {\n          columns\n          latents\n          points\n        }\n      }\n    }\n  }\n": types.GameViewsDocument,
    "\n  subscription GameNews($id: ID!) {\n    jobProgress(id: $id, from: 0) {\n      seq\n      kind\n      text\n      job {\n        state\n        made\n        error {\n          message\n        }\n      }\n    }\n  }\n": types.GameNewsDocument,
    "\n  query PerceivingModels {\n    models {\n      name\n      version\n      title\n      labels\n      image {\n        width\n        height\n        channels\n      }\n      capabilities\n      graphs {\n        capability\n        takesLabel\n      }\n    }\n  }\n": types.PerceivingModelsDocument,
    "\n  query TakenFor($model: String!, $version: Int!, $images: [ImageSource!]!) {\n    classify(model: $model, version: $version, images: $images) {\n      ... on Classification {\n        label\n        classes {\n          label\n          probability\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": types.TakenForDocument,
    "\n  query Reconstruct($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!], $refine: Int) {\n    encode(model: $model, version: $version, images: $images, labels: $labels, refine: $refine) {\n      ... on Encoding {\n        error\n        label\n        refined {\n          steps\n          before\n          after\n        }\n        reconstruction {\n          image {\n            dataUri\n          }\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": types.ReconstructDocument,
    "\n  query Complete(\n    $model: String!\n    $version: Int!\n    $image: ImageSource!\n    $hidden: ImageSource!\n    $count: Int!\n    $seed: Seed!\n    $label: String\n  ) {\n    inpaint(\n      model: $model\n      version: $version\n      image: $image\n      mask: { hidden: $hidden }\n      count: $count\n      seed: $seed\n      label: $label\n    ) {\n      ... on Completion {\n        seed\n        label\n        image {\n          dataUri\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": types.CompleteDocument,
    "\n  query OneSample($model: String!, $version: Int!, $seed: Seed!, $label: String) {\n    sample(model: $model, version: $version, seed: $seed, count: 1, label: $label) {\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n": types.OneSampleDocument,
    "\n  query JudgedModels {\n    models {\n      name\n      title\n      image {\n        width\n        height\n      }\n      capabilities\n    }\n  }\n": types.JudgedModelsDocument,
    "\n  query JudgedModel($model: String!) {\n    model(name: $model) {\n      name\n      version\n      labels\n      scoring {\n        scorer\n        needsLabel\n        takesLabel\n        uncalibrated\n        unmeasured\n        calibration {\n          protocol\n          slope\n          offset\n          auc\n          logLoss\n          ece\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          before {\n            histogram {\n              low\n              high\n              data\n              samples\n            }\n          }\n        }\n        measured {\n          date\n          auc\n          logLoss\n          baselineLogLoss\n          ece\n          rivals {\n            name\n            logLoss\n            auc\n          }\n          label {\n            right\n            chance\n          }\n          familiarity {\n            negatives\n            auc\n          }\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          histogram {\n            low\n            high\n            data\n            samples\n          }\n        }\n      }\n    }\n  }\n": types.JudgedModelDocument,
    "\n  query Judge($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!]) {\n    score(model: $model, version: $version, images: $images, labels: $labels) {\n      ... on Score {\n        logit\n        probability\n        logDensityRatio\n        familiarity\n        calibrated {\n          probability\n          logDensityRatio\n        }\n        label {\n          name\n          probability\n          matches\n          likeliest\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n": types.JudgeDocument,
    "\n  query SamplesToJudge($model: String!, $version: Int!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, version: $version, seed: $seed, count: $count) {\n      seed\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n": types.SamplesToJudgeDocument,
    "\n  query FreshScores($model: String!, $version: Int!) {\n    sample(model: $model, version: $version, seed: 1000000, count: 256) {\n      score {\n        logit\n        logDensityRatio\n      }\n    }\n  }\n": types.FreshScoresDocument,
    "\n  query TwoRuns($a: ID!, $b: ID!) {\n    a: job(id: $a) {\n      id\n      kind\n      state\n      model\n      version\n      dataset\n      recipe\n      arguments\n      created\n      made\n      metrics(points: 300) {\n        name\n        at\n        values\n      }\n      previews {\n        at\n        url\n      }\n    }\n    b: job(id: $b) {\n      id\n      kind\n      state\n      model\n      version\n      dataset\n      recipe\n      arguments\n      created\n      made\n      metrics(points: 300) {\n        name\n        at\n        values\n      }\n      previews {\n        at\n        url\n      }\n    }\n  }\n": types.TwoRunsDocument,
    "\n  mutation PauseRun($id: ID!) {\n    pauseJob(id: $id) {\n      id\n    }\n  }\n": types.PauseRunDocument,
    "\n  mutation ResumeRun($id: ID!) {\n    resumeJob(id: $id) {\n      id\n    }\n  }\n": types.ResumeRunDocument,
    "\n  mutation CancelRun($id: ID!) {\n    cancelJob(id: $id) {\n      id\n    }\n  }\n": types.CancelRunDocument,
    "\n  mutation RetryRun($id: ID!) {\n    retryJob(id: $id) {\n      id\n    }\n  }\n": types.RetryRunDocument,
    "\n  query DataToChoose {\n    datasets(first: 100) {\n      nodes {\n        name\n        examples\n      }\n    }\n    builtinData {\n      name\n      what\n    }\n  }\n": types.DataToChooseDocument,
    "\n  mutation CreateDataset($name: String!, $files: [ID!]!, $settings: String) {\n    createDataset(name: $name, source: { upload: $files }, settings: $settings) {\n      name\n    }\n  }\n": types.CreateDatasetDocument,
    "\n  mutation DeleteDataset($name: ID!) {\n    deleteDataset(name: $name)\n  }\n": types.DeleteDatasetDocument,
    "\n  query DatasetOf($name: ID!) {\n    dataset(name: $name) {\n      name\n      source\n      examples\n      shape\n      width\n      height\n      channels\n      classCount\n      classes(first: 200) {\n        name\n        count\n      }\n      preview\n      rejectedCount\n      rejected(first: 100) {\n        name\n        reason\n      }\n      bytes\n      created\n      by\n    }\n  }\n": types.DatasetOfDocument,
    "\n  query TrainingChoices {\n    recipes {\n      list {\n        name\n        title\n        description\n        settings\n      }\n      schema\n    }\n    models {\n      name\n      title\n      version\n    }\n  }\n": types.TrainingChoicesDocument,
    "\n  query TrainingPlan(\n    $dataset: String!\n    $model: String!\n    $recipe: String\n    $steps: Int\n    $overrides: JSONObject\n  ) {\n    plan: trainingPlan(dataset: $dataset, model: $model, recipe: $recipe, steps: $steps, overrides: $overrides) {\n      recipe\n      reasons\n      examples\n      steps\n      seconds\n    }\n  }\n": types.TrainingPlanDocument,
    "\n  query FineTuningPlan($dataset: String!, $model: String!, $into: String, $steps: Int, $overrides: JSONObject) {\n    plan: fineTuningPlan(\n      dataset: $dataset\n      model: $model\n      into: $into\n      steps: $steps\n      overrides: { settings: $overrides }\n    ) {\n      recipe\n      reasons\n      examples\n      steps\n      seconds\n    }\n  }\n": types.FineTuningPlanDocument,
    "\n  mutation Train(\n    $dataset: String!\n    $model: String!\n    $recipe: String\n    $steps: Int\n    $overrides: JSONObject\n    $seed: Seed\n    $promote: PromoteInput\n    $device: TrainingDevice\n    $key: String!\n  ) {\n    job: train(\n      dataset: $dataset\n      model: $model\n      recipe: $recipe\n      steps: $steps\n      overrides: $overrides\n      seed: $seed\n      promote: $promote\n      device: $device\n      idempotencyKey: $key\n    ) {\n      id\n    }\n  }\n": types.TrainDocument,
    "\n  mutation FineTune(\n    $dataset: String!\n    $model: String!\n    $into: String\n    $steps: Int\n    $overrides: JSONObject\n    $seed: Seed\n    $promote: PromoteInput\n    $device: TrainingDevice\n    $key: String!\n  ) {\n    job: fineTune(\n      dataset: $dataset\n      model: $model\n      into: $into\n      steps: $steps\n      overrides: { settings: $overrides }\n      seed: $seed\n      promote: $promote\n      device: $device\n      idempotencyKey: $key\n    ) {\n      id\n    }\n  }\n": types.FineTuneDocument,
    "\n  query RecipeOf($model: String!) {\n    model(name: $model) {\n      recipe\n    }\n  }\n": types.RecipeOfDocument,
    "\n  query Run($id: ID!) {\n    job(id: $id) {\n      id\n      kind\n      state\n      model\n      version\n      dataset\n      recipe\n      arguments\n      device\n      created\n      started\n      ended\n      attempt\n      by\n      made\n      progress {\n        phase\n        done\n        total\n        unit\n        perSecond\n        secondsLeft\n      }\n      error {\n        code\n        message\n      }\n      metrics(points: 400) {\n        name\n        at\n        values\n      }\n      warnings {\n        at\n        name\n        message\n      }\n      previews {\n        at\n        url\n      }\n      log(last: 200)\n    }\n  }\n": types.RunDocument,
    "\n  query Runs($first: Int!) {\n    jobs(first: $first) {\n      totalCount\n      nodes {\n        id\n        kind\n        state\n        model\n        version\n        dataset\n        recipe\n        created\n        by\n        made\n        progress {\n          phase\n          done\n          total\n          unit\n          perSecond\n          secondsLeft\n        }\n        error {\n          code\n          message\n        }\n      }\n    }\n    datasets(first: 100) {\n      nodes {\n        name\n        examples\n      }\n    }\n    models {\n      name\n      title\n      version\n      versions\n    }\n  }\n": types.RunsDocument,
    "\n  subscription JobChanges {\n    jobsChanged {\n      id\n      state\n      made\n      progress {\n        phase\n        done\n        total\n        unit\n        perSecond\n        secondsLeft\n      }\n    }\n  }\n": types.JobChangesDocument,
    "\n  query ActiveOf($model: String!) {\n    model(name: $model) {\n      version\n      versions\n      title\n      pointSize\n      capabilities\n    }\n  }\n": types.ActiveOfDocument,
    "\n  query GridOf($model: String!, $version: Int!, $seed: Seed!) {\n    sampleGrid(model: $model, version: $version, seed: $seed, rows: 4, columns: 6) {\n      url\n      width\n      height\n    }\n  }\n": types.GridOfDocument,
    "\n  query PointsOf($model: String!, $version: Int!, $seed: Seed!) {\n    sample(model: $model, version: $version, seed: $seed, count: 256) {\n      point\n    }\n  }\n": types.PointsOfDocument,
    "\n  mutation Promote($model: String!, $version: Int!) {\n    promote(model: $model, version: $version) {\n      model\n      version\n    }\n  }\n": types.PromoteDocument,
    "\n  mutation RollBack($model: String!) {\n    rollback(model: $model) {\n      model\n      version\n    }\n  }\n": types.RollBackDocument,
    "\n  subscription Activations {\n    modelActivated {\n      model\n      version\n    }\n  }\n": types.ActivationsDocument,
    "\n  query Versions($model: String!) {\n    model(name: $model) {\n      name\n      title\n      versionsConnection(first: 50) {\n        totalCount\n        nodes {\n          version\n          active\n          created\n          capabilities\n          lineage {\n            dataset\n            examples\n            steps\n            parent {\n              name\n              version\n            }\n          }\n          figures {\n            protocol\n            name\n            value\n          }\n        }\n      }\n    }\n    jobs(first: 20, filter: { model: $model }) {\n      nodes {\n        id\n        kind\n        state\n        model\n        version\n        dataset\n        created\n        made\n      }\n    }\n  }\n": types.VersionsDocument,
};

/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Who {\n    server {\n      codeVersion\n      device\n      caller {\n        name\n        role\n        anonymous\n      }\n      jobs {\n        engine\n      }\n    }\n  }\n"): typeof import('./graphql').WhoDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Cloud($model: String!, $version: Int!, $seed: Seed!, $count: Int!, $truncation: Float!, $label: String, $labels: [LabelWeight!]) {\n    sample(model: $model, version: $version, seed: $seed, count: $count, truncation: $truncation, label: $label, labels: $labels) {\n      seed\n      point\n    }\n    whole: sample(model: $model, version: $version, seed: $seed, count: $count, label: $label, labels: $labels) {\n      point\n    }\n  }\n"): typeof import('./graphql').CloudDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Directions($model: String!, $version: Int!, $method: DirectionMethod!) {\n    latentDirections(model: $model, version: $version, method: $method, count: 8) {\n      index\n      share\n    }\n  }\n"): typeof import('./graphql').DirectionsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Morph(\n    $model: String!\n    $version: Int!\n    $waypoints: [Waypoint!]!\n    $truncation: Float!\n    $method: InterpolationMethod!\n    $loop: Boolean!\n    $steps: Int!\n  ) {\n    interpolate(\n      model: $model\n      version: $version\n      waypoints: $waypoints\n      truncation: $truncation\n      method: $method\n      loop: $loop\n      steps: $steps\n    ) {\n      frames {\n        image {\n          dataUri\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').MorphDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query MorphFiles(\n    $model: String!\n    $version: Int!\n    $waypoints: [Waypoint!]!\n    $truncation: Float!\n    $method: InterpolationMethod!\n    $loop: Boolean!\n    $steps: Int!\n    $fps: Int!\n    $size: Int!\n  ) {\n    interpolate(\n      model: $model\n      version: $version\n      waypoints: $waypoints\n      truncation: $truncation\n      method: $method\n      loop: $loop\n      steps: $steps\n    ) {\n      webp: animation(format: WEBP, fps: $fps, size: $size) {\n        url\n      }\n      gif: animation(format: GIF, fps: $fps, size: $size) {\n        url\n      }\n      strip(size: $size) {\n        url\n      }\n    }\n  }\n"): typeof import('./graphql').MorphFilesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Corners(\n    $model: String!\n    $version: Int!\n    $truncation: Float!\n    $label: String\n    $labels: [LabelWeight!]\n    $a: Seed!\n    $b: Seed!\n    $c: Seed!\n  ) {\n    a: sample(model: $model, version: $version, seed: $a, truncation: $truncation, label: $label, labels: $labels) {\n      ...Corner\n    }\n    b: sample(model: $model, version: $version, seed: $b, truncation: $truncation, label: $label, labels: $labels) {\n      ...Corner\n    }\n    c: sample(model: $model, version: $version, seed: $c, truncation: $truncation, label: $label, labels: $labels) {\n      ...Corner\n    }\n  }\n\n  fragment Corner on Sample {\n    zBase64\n    labels {\n      label\n      weight\n    }\n    image {\n      url\n    }\n  }\n"): typeof import('./graphql').CornersDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query AtLatent($model: String!, $version: Int!, $z: [Latent!]!, $labels: [LabelWeight!]) {\n    sample(model: $model, version: $version, z: $z, labels: $labels) {\n      zBase64\n      label\n      image {\n        url\n        dataUri\n      }\n    }\n  }\n"): typeof import('./graphql').AtLatentDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Explorable {\n    models {\n      name\n      version\n      title\n      capabilities\n      latentSize\n      prior {\n        kind\n        low\n        high\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n    }\n  }\n"): typeof import('./graphql').ExplorableDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ExplorableVersion($name: String!, $version: Int!) {\n    model(name: $name, version: $version) {\n      name\n      version\n      title\n      capabilities\n      latentSize\n      prior {\n        kind\n        low\n        high\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n    }\n  }\n"): typeof import('./graphql').ExplorableVersionDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Mixed($model: String!, $version: Int!, $styles: [StylePart!]!, $truncation: Float!) {\n    mixStyles(model: $model, version: $version, styles: $styles, truncation: $truncation) {\n      image {\n        url\n        width\n        height\n      }\n    }\n  }\n"): typeof import('./graphql').MixedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Whole($model: String!, $version: Int!, $seed: Seed!, $label: String, $labels: [LabelWeight!]) {\n    sample(model: $model, version: $version, seed: $seed, label: $label, labels: $labels) {\n      label\n      zBase64\n    }\n  }\n"): typeof import('./graphql').WholeDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Sampled(\n    $model: String!\n    $version: Int!\n    $seed: Seed!\n    $truncation: Float!\n    $label: String\n    $labels: [LabelWeight!]\n  ) {\n    sample(model: $model, version: $version, seed: $seed, truncation: $truncation, label: $label, labels: $labels) {\n      label\n      zBase64\n      image {\n        url\n        dataUri\n      }\n    }\n  }\n"): typeof import('./graphql').SampledDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Edited(\n    $model: String!\n    $version: Int!\n    $seed: Seed!\n    $truncation: Float!\n    $label: String\n    $labels: [LabelWeight!]\n    $edits: [EditInput!]!\n  ) {\n    edit(\n      model: $model\n      version: $version\n      seed: $seed\n      truncation: $truncation\n      label: $label\n      labels: $labels\n      edits: $edits\n    ) {\n      label\n      zBase64\n      image {\n        url\n        dataUri\n      }\n    }\n  }\n"): typeof import('./graphql').EditedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Details($model: String!) {\n    model(name: $model) {\n      figures {\n        protocol\n        name\n        value\n        date\n      }\n      evaluations(first: 100) {\n        nodes {\n          protocol\n          dataset\n        }\n      }\n      trainingCurve(points: 200) {\n        name\n        steps\n        values\n      }\n      trainingAnimation {\n        url\n      }\n    }\n  }\n"): typeof import('./graphql').DetailsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Models {\n    models {\n      name\n      version\n      versions\n      title\n      description\n      license\n      created\n      capabilities\n      latentSize\n      prior {\n        kind\n      }\n      image {\n        width\n        height\n        channels\n      }\n      pointSize\n      labels\n      styles {\n        layers\n      }\n      lineage {\n        dataset\n        examples\n        steps\n        kimg\n        seed\n        codeVersion\n        parent {\n          name\n          version\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').ModelsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Grid($model: String!, $seed: Seed!, $rows: Int!, $columns: Int!) {\n    sampleGrid(model: $model, seed: $seed, rows: $rows, columns: $columns) {\n      url\n      width\n      height\n    }\n  }\n"): typeof import('./graphql').GridDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Points($model: String!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, seed: $seed, count: $count) {\n      point\n    }\n  }\n"): typeof import('./graphql').PointsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Audit($first: Int!, $action: String) {\n    audit(first: $first, filter: { action: $action }) {\n      totalCount\n      nodes {\n        seq\n        at\n        by\n        action\n        about\n      }\n    }\n  }\n"): typeof import('./graphql').AuditDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query AuditCheck {\n    auditCheck {\n      entries\n      intact\n      brokenAt\n    }\n  }\n"): typeof import('./graphql').AuditCheckDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Counted($names: [String!]!) {\n    metrics(names: $names) {\n      name\n      series {\n        labels\n        value\n        spread {\n          count\n          mean\n          median: quantile(share: 0.5)\n          most: quantile(share: 0.95)\n          nearlyAll: quantile(share: 0.99)\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').CountedDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Working {\n    jobs(first: 20, filter: { states: [QUEUED, RUNNING, PAUSING, PAUSED, CANCELLING] }) {\n      totalCount\n      nodes {\n        id\n        kind\n        state\n        model\n        version\n        dataset\n        device\n        progress {\n          phase\n          done\n          total\n          unit\n          perSecond\n          secondsLeft\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').WorkingDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ServedLatent($model: String!) {\n    model(name: $model) {\n      latentSize\n    }\n  }\n"): typeof import('./graphql').ServedLatentDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ServedGame($model: String!, $data: BuiltinPoints!, $z: [Latent!]!) {\n    model(name: $model) {\n      title\n      version\n      capabilities\n    }\n    points(of: $data, first: 1024) {\n      size\n      data\n    }\n    samples: sample(model: $model, seed: 0, count: 256) {\n      point\n    }\n    more: sample(model: $model, seed: 256, count: 256) {\n      point\n    }\n    mapped: sample(model: $model, z: $z) {\n      point\n    }\n  }\n"): typeof import('./graphql').ServedGameDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ScoredPlaces($model: String!, $places: [[Float!]!]!) {\n    score(model: $model, points: $places) {\n      ... on Score {\n        probability\n        familiarity\n      }\n      ... on ImageError {\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').ScoredPlacesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PlaneData($data: BuiltinPoints!) {\n    points(of: $data, first: 1024) {\n      size\n      data\n    }\n  }\n"): typeof import('./graphql').PlaneDataDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation BeginGame(\n    $model: String!\n    $recipe: String!\n    $dataset: String!\n    $seed: Seed!\n    $overrides: JSONObject!\n    $pace: PaceInput!\n  ) {\n    train(model: $model, recipe: $recipe, dataset: $dataset, seed: $seed, overrides: $overrides, pace: $pace) {\n      id\n    }\n  }\n"): typeof import('./graphql').BeginGameDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PaceGame($id: ID!, $pace: PaceInput!) {\n    paceJob(id: $id, pace: $pace) {\n      state\n    }\n  }\n"): typeof import('./graphql').PaceGameDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ResumeGame($id: ID!) {\n    resumeJob(id: $id) {\n      state\n    }\n  }\n"): typeof import('./graphql').ResumeGameDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation EndGame($id: ID!) {\n    cancelJob(id: $id) {\n      state\n    }\n  }\n"): typeof import('./graphql').EndGameDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GameRun($id: ID!) {\n    job(id: $id) {\n      model\n      arguments\n    }\n  }\n"): typeof import('./graphql').GameRunDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription GameViews($id: ID!) {\n    jobViews(id: $id) {\n      step\n      waiting\n      metrics {\n        name\n        values\n      }\n      game {\n        size\n        low\n        high\n        places\n        verdict\n        isProbability\n        boundary\n        samples\n        pulls\n        map {\n          columns\n          latents\n          points\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').GameViewsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription GameNews($id: ID!) {\n    jobProgress(id: $id, from: 0) {\n      seq\n      kind\n      text\n      job {\n        state\n        made\n        error {\n          message\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').GameNewsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PerceivingModels {\n    models {\n      name\n      version\n      title\n      labels\n      image {\n        width\n        height\n        channels\n      }\n      capabilities\n      graphs {\n        capability\n        takesLabel\n      }\n    }\n  }\n"): typeof import('./graphql').PerceivingModelsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TakenFor($model: String!, $version: Int!, $images: [ImageSource!]!) {\n    classify(model: $model, version: $version, images: $images) {\n      ... on Classification {\n        label\n        classes {\n          label\n          probability\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').TakenForDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Reconstruct($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!], $refine: Int) {\n    encode(model: $model, version: $version, images: $images, labels: $labels, refine: $refine) {\n      ... on Encoding {\n        error\n        label\n        refined {\n          steps\n          before\n          after\n        }\n        reconstruction {\n          image {\n            dataUri\n          }\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').ReconstructDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Complete(\n    $model: String!\n    $version: Int!\n    $image: ImageSource!\n    $hidden: ImageSource!\n    $count: Int!\n    $seed: Seed!\n    $label: String\n  ) {\n    inpaint(\n      model: $model\n      version: $version\n      image: $image\n      mask: { hidden: $hidden }\n      count: $count\n      seed: $seed\n      label: $label\n    ) {\n      ... on Completion {\n        seed\n        label\n        image {\n          dataUri\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').CompleteDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query OneSample($model: String!, $version: Int!, $seed: Seed!, $label: String) {\n    sample(model: $model, version: $version, seed: $seed, count: 1, label: $label) {\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n"): typeof import('./graphql').OneSampleDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query JudgedModels {\n    models {\n      name\n      title\n      image {\n        width\n        height\n      }\n      capabilities\n    }\n  }\n"): typeof import('./graphql').JudgedModelsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query JudgedModel($model: String!) {\n    model(name: $model) {\n      name\n      version\n      labels\n      scoring {\n        scorer\n        needsLabel\n        takesLabel\n        uncalibrated\n        unmeasured\n        calibration {\n          protocol\n          slope\n          offset\n          auc\n          logLoss\n          ece\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          before {\n            histogram {\n              low\n              high\n              data\n              samples\n            }\n          }\n        }\n        measured {\n          date\n          auc\n          logLoss\n          baselineLogLoss\n          ece\n          rivals {\n            name\n            logLoss\n            auc\n          }\n          label {\n            right\n            chance\n          }\n          familiarity {\n            negatives\n            auc\n          }\n          measuredOn {\n            data\n            note\n            measured\n          }\n          reliability {\n            low\n            high\n            count\n            predicted\n            observed\n          }\n          histogram {\n            low\n            high\n            data\n            samples\n          }\n        }\n      }\n    }\n  }\n"): typeof import('./graphql').JudgedModelDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Judge($model: String!, $version: Int!, $images: [ImageSource!]!, $labels: [String!]) {\n    score(model: $model, version: $version, images: $images, labels: $labels) {\n      ... on Score {\n        logit\n        probability\n        logDensityRatio\n        familiarity\n        calibrated {\n          probability\n          logDensityRatio\n        }\n        label {\n          name\n          probability\n          matches\n          likeliest\n        }\n      }\n      ... on ImageError {\n        code\n        message\n      }\n    }\n  }\n"): typeof import('./graphql').JudgeDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query SamplesToJudge($model: String!, $version: Int!, $seed: Seed!, $count: Int!) {\n    sample(model: $model, version: $version, seed: $seed, count: $count) {\n      seed\n      label\n      image {\n        dataUri\n      }\n    }\n  }\n"): typeof import('./graphql').SamplesToJudgeDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FreshScores($model: String!, $version: Int!) {\n    sample(model: $model, version: $version, seed: 1000000, count: 256) {\n      score {\n        logit\n        logDensityRatio\n      }\n    }\n  }\n"): typeof import('./graphql').FreshScoresDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TwoRuns($a: ID!, $b: ID!) {\n    a: job(id: $a) {\n      id\n      kind\n      state\n      model\n      version\n      dataset\n      recipe\n      arguments\n      created\n      made\n      metrics(points: 300) {\n        name\n        at\n        values\n      }\n      previews {\n        at\n        url\n      }\n    }\n    b: job(id: $b) {\n      id\n      kind\n      state\n      model\n      version\n      dataset\n      recipe\n      arguments\n      created\n      made\n      metrics(points: 300) {\n        name\n        at\n        values\n      }\n      previews {\n        at\n        url\n      }\n    }\n  }\n"): typeof import('./graphql').TwoRunsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation PauseRun($id: ID!) {\n    pauseJob(id: $id) {\n      id\n    }\n  }\n"): typeof import('./graphql').PauseRunDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation ResumeRun($id: ID!) {\n    resumeJob(id: $id) {\n      id\n    }\n  }\n"): typeof import('./graphql').ResumeRunDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CancelRun($id: ID!) {\n    cancelJob(id: $id) {\n      id\n    }\n  }\n"): typeof import('./graphql').CancelRunDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RetryRun($id: ID!) {\n    retryJob(id: $id) {\n      id\n    }\n  }\n"): typeof import('./graphql').RetryRunDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DataToChoose {\n    datasets(first: 100) {\n      nodes {\n        name\n        examples\n      }\n    }\n    builtinData {\n      name\n      what\n    }\n  }\n"): typeof import('./graphql').DataToChooseDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation CreateDataset($name: String!, $files: [ID!]!, $settings: String) {\n    createDataset(name: $name, source: { upload: $files }, settings: $settings) {\n      name\n    }\n  }\n"): typeof import('./graphql').CreateDatasetDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation DeleteDataset($name: ID!) {\n    deleteDataset(name: $name)\n  }\n"): typeof import('./graphql').DeleteDatasetDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query DatasetOf($name: ID!) {\n    dataset(name: $name) {\n      name\n      source\n      examples\n      shape\n      width\n      height\n      channels\n      classCount\n      classes(first: 200) {\n        name\n        count\n      }\n      preview\n      rejectedCount\n      rejected(first: 100) {\n        name\n        reason\n      }\n      bytes\n      created\n      by\n    }\n  }\n"): typeof import('./graphql').DatasetOfDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TrainingChoices {\n    recipes {\n      list {\n        name\n        title\n        description\n        settings\n      }\n      schema\n    }\n    models {\n      name\n      title\n      version\n    }\n  }\n"): typeof import('./graphql').TrainingChoicesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query TrainingPlan(\n    $dataset: String!\n    $model: String!\n    $recipe: String\n    $steps: Int\n    $overrides: JSONObject\n  ) {\n    plan: trainingPlan(dataset: $dataset, model: $model, recipe: $recipe, steps: $steps, overrides: $overrides) {\n      recipe\n      reasons\n      examples\n      steps\n      seconds\n    }\n  }\n"): typeof import('./graphql').TrainingPlanDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query FineTuningPlan($dataset: String!, $model: String!, $into: String, $steps: Int, $overrides: JSONObject) {\n    plan: fineTuningPlan(\n      dataset: $dataset\n      model: $model\n      into: $into\n      steps: $steps\n      overrides: { settings: $overrides }\n    ) {\n      recipe\n      reasons\n      examples\n      steps\n      seconds\n    }\n  }\n"): typeof import('./graphql').FineTuningPlanDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Train(\n    $dataset: String!\n    $model: String!\n    $recipe: String\n    $steps: Int\n    $overrides: JSONObject\n    $seed: Seed\n    $promote: PromoteInput\n    $device: TrainingDevice\n    $key: String!\n  ) {\n    job: train(\n      dataset: $dataset\n      model: $model\n      recipe: $recipe\n      steps: $steps\n      overrides: $overrides\n      seed: $seed\n      promote: $promote\n      device: $device\n      idempotencyKey: $key\n    ) {\n      id\n    }\n  }\n"): typeof import('./graphql').TrainDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation FineTune(\n    $dataset: String!\n    $model: String!\n    $into: String\n    $steps: Int\n    $overrides: JSONObject\n    $seed: Seed\n    $promote: PromoteInput\n    $device: TrainingDevice\n    $key: String!\n  ) {\n    job: fineTune(\n      dataset: $dataset\n      model: $model\n      into: $into\n      steps: $steps\n      overrides: { settings: $overrides }\n      seed: $seed\n      promote: $promote\n      device: $device\n      idempotencyKey: $key\n    ) {\n      id\n    }\n  }\n"): typeof import('./graphql').FineTuneDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query RecipeOf($model: String!) {\n    model(name: $model) {\n      recipe\n    }\n  }\n"): typeof import('./graphql').RecipeOfDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Run($id: ID!) {\n    job(id: $id) {\n      id\n      kind\n      state\n      model\n      version\n      dataset\n      recipe\n      arguments\n      device\n      created\n      started\n      ended\n      attempt\n      by\n      made\n      progress {\n        phase\n        done\n        total\n        unit\n        perSecond\n        secondsLeft\n      }\n      error {\n        code\n        message\n      }\n      metrics(points: 400) {\n        name\n        at\n        values\n      }\n      warnings {\n        at\n        name\n        message\n      }\n      previews {\n        at\n        url\n      }\n      log(last: 200)\n    }\n  }\n"): typeof import('./graphql').RunDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Runs($first: Int!) {\n    jobs(first: $first) {\n      totalCount\n      nodes {\n        id\n        kind\n        state\n        model\n        version\n        dataset\n        recipe\n        created\n        by\n        made\n        progress {\n          phase\n          done\n          total\n          unit\n          perSecond\n          secondsLeft\n        }\n        error {\n          code\n          message\n        }\n      }\n    }\n    datasets(first: 100) {\n      nodes {\n        name\n        examples\n      }\n    }\n    models {\n      name\n      title\n      version\n      versions\n    }\n  }\n"): typeof import('./graphql').RunsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription JobChanges {\n    jobsChanged {\n      id\n      state\n      made\n      progress {\n        phase\n        done\n        total\n        unit\n        perSecond\n        secondsLeft\n      }\n    }\n  }\n"): typeof import('./graphql').JobChangesDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query ActiveOf($model: String!) {\n    model(name: $model) {\n      version\n      versions\n      title\n      pointSize\n      capabilities\n    }\n  }\n"): typeof import('./graphql').ActiveOfDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query GridOf($model: String!, $version: Int!, $seed: Seed!) {\n    sampleGrid(model: $model, version: $version, seed: $seed, rows: 4, columns: 6) {\n      url\n      width\n      height\n    }\n  }\n"): typeof import('./graphql').GridOfDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query PointsOf($model: String!, $version: Int!, $seed: Seed!) {\n    sample(model: $model, version: $version, seed: $seed, count: 256) {\n      point\n    }\n  }\n"): typeof import('./graphql').PointsOfDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation Promote($model: String!, $version: Int!) {\n    promote(model: $model, version: $version) {\n      model\n      version\n    }\n  }\n"): typeof import('./graphql').PromoteDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  mutation RollBack($model: String!) {\n    rollback(model: $model) {\n      model\n      version\n    }\n  }\n"): typeof import('./graphql').RollBackDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  subscription Activations {\n    modelActivated {\n      model\n      version\n    }\n  }\n"): typeof import('./graphql').ActivationsDocument;
/**
 * The graphql function is used to parse GraphQL queries into a document that can be used by GraphQL clients.
 */
export function graphql(source: "\n  query Versions($model: String!) {\n    model(name: $model) {\n      name\n      title\n      versionsConnection(first: 50) {\n        totalCount\n        nodes {\n          version\n          active\n          created\n          capabilities\n          lineage {\n            dataset\n            examples\n            steps\n            parent {\n              name\n              version\n            }\n          }\n          figures {\n            protocol\n            name\n            value\n          }\n        }\n      }\n    }\n    jobs(first: 20, filter: { model: $model }) {\n      nodes {\n        id\n        kind\n        state\n        model\n        version\n        dataset\n        created\n        made\n      }\n    }\n  }\n"): typeof import('./graphql').VersionsDocument;


export function graphql(source: string) {
  return (documents as any)[source] ?? {};
}
