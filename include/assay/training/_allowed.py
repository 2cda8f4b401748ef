"""Which of scikit-learn's classes a model file may name, and why others are refused.

A model file never runs as code. So there is no class that takes a function, and what a file may
name is a list that people have read, not what happens to be installed.
"""

from __future__ import annotations

from collections.abc import Mapping
from dataclasses import dataclass
from typing import Any, Final, Literal

from assay.errors import PolicyError, unknown

Kind = Literal["classifier", "regressor", "transformer"]

_CLASSIFIERS: Final = """
calibration: CalibratedClassifierCV
discriminant_analysis: LinearDiscriminantAnalysis QuadraticDiscriminantAnalysis
dummy: DummyClassifier
ensemble: AdaBoostClassifier BaggingClassifier ExtraTreesClassifier GradientBoostingClassifier
 HistGradientBoostingClassifier RandomForestClassifier
gaussian_process: GaussianProcessClassifier
linear_model: LogisticRegression LogisticRegressionCV Perceptron RidgeClassifier RidgeClassifierCV
 SGDClassifier
model_selection: FixedThresholdClassifier TunedThresholdClassifierCV
multiclass: OneVsOneClassifier OneVsRestClassifier OutputCodeClassifier
naive_bayes: BernoulliNB CategoricalNB ComplementNB GaussianNB MultinomialNB
neighbors: KNeighborsClassifier NearestCentroid RadiusNeighborsClassifier
neural_network: MLPClassifier
svm: LinearSVC NuSVC SVC
tree: DecisionTreeClassifier ExtraTreeClassifier
"""
_REGRESSORS: Final = """
dummy: DummyRegressor
ensemble: AdaBoostRegressor BaggingRegressor ExtraTreesRegressor GradientBoostingRegressor
 HistGradientBoostingRegressor RandomForestRegressor
gaussian_process: GaussianProcessRegressor
kernel_ridge: KernelRidge
linear_model: ARDRegression BayesianRidge ElasticNet ElasticNetCV GammaRegressor HuberRegressor Lars
 LarsCV Lasso LassoCV LassoLars LassoLarsCV LassoLarsIC LinearRegression OrthogonalMatchingPursuit
 OrthogonalMatchingPursuitCV PoissonRegressor QuantileRegressor RANSACRegressor Ridge RidgeCV
 SGDRegressor TheilSenRegressor TweedieRegressor
neighbors: KNeighborsRegressor RadiusNeighborsRegressor
neural_network: MLPRegressor
svm: LinearSVR NuSVR SVR
tree: DecisionTreeRegressor ExtraTreeRegressor
"""
_TRANSFORMERS: Final = """
cluster: BisectingKMeans FeatureAgglomeration KMeans MiniBatchKMeans
decomposition: FactorAnalysis FastICA IncrementalPCA KernelPCA MiniBatchNMF MiniBatchSparsePCA NMF
 PCA SparsePCA TruncatedSVD
feature_selection: GenericUnivariateSelect SelectFdr SelectFpr SelectFwe SelectKBest
 SelectPercentile VarianceThreshold
impute: KNNImputer MissingIndicator SimpleImputer
kernel_approximation: AdditiveChi2Sampler Nystroem PolynomialCountSketch RBFSampler
 SkewedChi2Sampler
preprocessing: Binarizer KBinsDiscretizer MaxAbsScaler MinMaxScaler Normalizer OneHotEncoder
 OrdinalEncoder PolynomialFeatures PowerTransformer QuantileTransformer RobustScaler
 SplineTransformer StandardScaler TargetEncoder
random_projection: GaussianRandomProjection SparseRandomProjection
"""

_LIST: Final = "it takes a list of estimators; write it as own code and name it in `entry`"
_LABELS: Final = "it changes labels, not features"
_MANY: Final = "a model has one label"
_TEXTS: Final = "it reads documents or records, not columns"
_NESTED: Final = "it needs an estimator of its own; write it as own code and name it in `entry`"
_NO_NEW: Final = "it can't transform rows that it wasn't fitted on"
_OLD: Final = "scikit-learn is about to remove it; SGD does the same"
REFUSED: Final[Mapping[str, str]] = {
    "FunctionTransformer": "it runs a function, and a model file never runs as code; derive the "
    "column in the cleaning policy",
    "TransformedTargetRegressor": "it runs a function, and a model file never runs as code",
    "ColumnTransformer": "the steps of preprocessing name their columns themselves",
    "FeatureUnion": "the steps of preprocessing name their columns themselves",
    **dict.fromkeys(
        ("StackingClassifier", "StackingRegressor", "VotingClassifier", "VotingRegressor"), _LIST
    ),
    **dict.fromkeys(("LabelBinarizer", "LabelEncoder", "MultiLabelBinarizer"), _LABELS),
    **dict.fromkeys(
        (
            "ClassifierChain", "MultiOutputClassifier", "MultiOutputRegressor", "RegressorChain",
            "MultiTaskElasticNet", "MultiTaskElasticNetCV", "MultiTaskLasso", "MultiTaskLassoCV",
            "CCA", "PLSCanonical", "PLSRegression", "PLSSVD",
        ), _MANY,
    ),
    **dict.fromkeys(
        (
            "DictVectorizer", "FeatureHasher", "HashingVectorizer", "PatchExtractor",
            "TfidfTransformer", "CountVectorizer", "TfidfVectorizer", "LatentDirichletAllocation",
        ), _TEXTS,
    ),
    **dict.fromkeys(
        ("RFE", "RFECV", "SelectFromModel", "SequentialFeatureSelector"), _NESTED
    ),
    **dict.fromkeys(("TSNE", "Isomap", "LocallyLinearEmbedding"), _NO_NEW),
    **dict.fromkeys(("PassiveAggressiveClassifier", "PassiveAggressiveRegressor"), _OLD),
    **dict.fromkeys(
        ("LabelPropagation", "LabelSpreading", "SelfTrainingClassifier"),
        "it learns from rows without a label, and a model is trained on rows that have one",
    ),
    **dict.fromkeys(
        ("KNeighborsTransformer", "RadiusNeighborsTransformer", "KernelCenterer"),
        "it gives distances between rows, not columns",
    ),
    **dict.fromkeys(
        ("Birch", "BernoulliRBM", "RandomTreesEmbedding", "NeighborhoodComponentsAnalysis",
         "DictionaryLearning", "MiniBatchDictionaryLearning", "SparseCoder"),
        "its state can't be kept without pickle, or it takes an array or a function",
    ),
    "IsotonicRegression": "it takes a single column; HistGradientBoostingRegressor has "
    "`monotonic_cst` for several",
}  # fmt: skip
"""Class of scikit-learn → why a model file may not name it."""

FIXED: Final[Mapping[str, str]] = {
    "random_state": "`seed` of the estimator is the random state of all of it",
    "n_jobs": "a training run decides about its threads, so that its result doesn't depend on them",
    "verbose": "a training run prints nothing",
    "warm_start": "a model is fitted once, from nothing",
    "memory": "a training run keeps its own files",
    "copy": "a training run decides about its memory",
    "copy_X": "a training run decides about its memory",
}
"""Parameter → why a model file may not set it."""


def _listed(text: str) -> dict[str, str]:
    packages = " ".join(text.split()).replace(":", " :").split()
    found: dict[str, str] = {}
    package = ""
    for word, following in zip(packages, [*packages[1:], ""], strict=True):
        if following == ":":
            package = word
        elif word != ":":
            found[word] = f"sklearn.{package}"
    return found


ALLOWED: Final[Mapping[Kind, Mapping[str, str]]] = {
    "classifier": _listed(_CLASSIFIERS),
    "regressor": _listed(_REGRESSORS),
    "transformer": _listed(_TRANSFORMERS),
}
"""Kind → class → the public package of scikit-learn that has it."""


@dataclass(frozen=True)
class Named:
    """A class of scikit-learn that a model file names."""

    name: str
    kind: Kind

    def load(self) -> Any:
        """Import the class.

        Raises
        ------
        PolicyError
            If a model file may not name it.
        """
        import importlib

        package = ALLOWED[self.kind].get(self.name)
        if package is None:
            raise self._refusal()
        return getattr(importlib.import_module(package), self.name)

    def _refusal(self) -> PolicyError:
        if self.name in REFUSED:
            why = REFUSED[self.name]
            do = f"{why[0].upper()}{why[1:]}."
            return PolicyError("a model file may not name this class", got=self.name, do=do)
        for kind, names in ALLOWED.items():
            if self.name in names:
                return PolicyError(f"it is a {kind}", got=self.name, expected=f"a {self.kind}")
        near = unknown(self.name, sorted(ALLOWED[self.kind]))
        return PolicyError(f"scikit-learn has no such {self.kind}", **near)
